"""The kit of the Python Mirroring Guide.

Rooms and floors: a room imports only from the floors below it.

===== ============================================ ==========================================
floor room                                         what it is for
===== ============================================ ==========================================
8     ``cli``                                      parse, call, render, exit code
7     ``site`` ``tutorial``                        Sphinx roles and directives of the guide;
                                                   the folder of the tutorial day, its checks
6     ``matrix``                                   every client against every fault, as data
5     ``runner``                                   runs a recipe's steps and drills
4     ``clients``                                  one module an installer
3     ``lab``                                      a temporary world, hermetic
2     ``index``                                    the local test index
1     ``recipe`` ``scenario`` ``simple``           the files people write, the Simple API,
      ``distributions``                            wheels and sdists;
      ``which``                                    which index an installer would use
0     ``tables`` ``errors``                        reading TOML with places; what can go wrong
===== ============================================ ==========================================
"""

__version__ = "0.1.0"
