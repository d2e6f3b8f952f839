"""What one URL over three mirrors promises, and what each fault of a mirror does to its readers.

The mirrors a, b and c are test indexes of their own, asked by https; upstream is the run's own
index. The clients' own retries are off, so that what is seen is what the balancer does.
"""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket

import trustme

from mirrorlab.clients import Attempt, Client
from mirrorlab.index import Index
from mirrorlab.lab import Completed
from mirrorlab.runner import Answer, Run
from mirrorlab.scenario import Fault

ONCE = {
    "PIP_RETRIES": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_CACHE_DIR": "1",
    "UV_HTTP_RETRIES": "0",
    "UV_NO_CACHE": "1",
}
GIVEN_UP = (Fault.HANG, Fault.SLOW)
FAILS = (
    Fault.REFUSED,
    Fault.UNTRUSTED_TLS,
    Fault.UNAUTHORIZED,
    Fault.FORBIDDEN,
    Fault.NOT_FOUND,
    Fault.TOO_MANY_REQUESTS,
    Fault.SERVER_ERROR,
    Fault.BAD_GATEWAY,
    Fault.UNAVAILABLE,
    Fault.REDIRECT_LOOP,
    Fault.METADATA_404,
)
LIES = tuple(fault for fault in Fault if fault not in GIVEN_UP + FAILS)
"""Every fault in one of them; those of one round each have a mirror of their own."""
AT_A_TIME = 6
NAMED = {
    **dict.fromkeys(Fault, "unreachable"),
    Fault.TRUNCATED: "truncated",
    **dict.fromkeys((Fault.CORRUPT, Fault.ALTERED_FILE, Fault.ALTERED), "altered"),
    Fault.STALE: "stale",
    Fault.EMPTY: "missing",
    **dict.fromkeys(
        (
            Fault.BAD_GZIP,
            Fault.MALFORMED,
            Fault.LOGIN_PORTAL,
            Fault.WRONG_TYPE,
            Fault.METADATA_404,
            Fault.NO_VARY,
        ),
        "not conforming",
    ),
    Fault.NO_UPLOAD_TIME: "drops upload-time",
}
"""What the verdict calls each. What hangs or trickles is given up."""
PROJECT = "demo-lib"


class Reader:
    """A machine that installs again and again, and what came of it."""

    def __init__(
        self,
        client: Client,
        url: str,
        newest: Mapping[str, str],
        genuine: Mapping[str, str],
        env: Mapping[str, object],
    ) -> None:
        """It asks ``url``, and should get these versions, and files with these hashes."""
        self.client = client
        self.url = url
        self.newest = newest
        self.genuine = genuine
        self.env = env
        self.counts: Counter[str] = Counter()
        self.said = ""

    def install(self) -> str:
        """Install once more; ``newest``, ``stale``, ``altered`` or ``failed``."""
        force = {"uv": ["--reinstall"], "pip": ["--force-reinstall", "--no-compile"]}
        done = self.client.install(*force[self.client.name], PROJECT, index=self.url, env=self.env)
        self.said = done.output
        outcome = "newest"
        if done.exit_code:
            outcome = "failed"
        elif done.installed != self.newest:
            outcome = "stale"
        elif _content(done) != self.genuine:
            outcome = "altered"
        self.counts[outcome] += 1
        return outcome


class Pool:
    """The three mirrors, the balancer before them, and their verdicts."""

    def __init__(self, run: Run, mirrors: dict[str, Index], ca: Path) -> None:
        """Those who trust ``ca`` trust the balancer."""
        self.run = run
        self.mirrors = mirrors
        self.trusted = dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"), ca)

    @property
    def url(self) -> str:
        """The one URL."""
        return f"https://127.0.0.1:{self.run.port('balancer')}/simple/"

    def get(self, path: str, accept: str | None = None) -> Answer:
        """Ask the balancer."""
        ca = self.trusted["SSL_CERT_FILE"]
        return self.run.get(self.url.replace("/simple/", path), accept, ca=ca)

    def check(self, *names: str, **settings: str) -> Completed:
        """Check these mirrors once, or all."""
        given = {"MIRRORS": " ".join(self.words(*names)), "CA": self.run.settings["CA"], **settings}
        return self.run.step("check", **given)

    def words(self, *names: str) -> list[str]:
        """``NAME=URL`` of these mirrors, or of all."""
        chosen = names or tuple(self.mirrors)
        return [f"{name}=https://localhost:{self.run.port(name)}/simple/" for name in chosen]

    def verdict(self, name: str) -> str:
        """What is written of a mirror, without its times."""
        word, _, _, text = Path(self.run.settings["VERDICTS"], name).read_text().split(" ", 3)
        return f"{word} {text.strip()}"

    def is_good(self, name: str) -> bool:
        """Whether a good verdict is written of a mirror."""
        there = Path(self.run.settings["VERDICTS"], name).exists()
        return there and self.verdict(name).startswith("good healthy")

    def up(self) -> set[str]:
        """The mirrors that the balancer asks."""
        lines = self.get("/pool").text.splitlines()
        return {name for name, state in map(str.split, lines) if state == "1"}

    def wait(self, *names: str) -> None:
        """Wait until the balancer asks these and no other."""
        what = f"a pool of {' '.join(names) or 'nobody'} (it is {' '.join(sorted(self.up()))})"
        self.run.wait(lambda: self.up() == set(names), what)

    def serving(self) -> str:
        """The mirror that is asked by this machine now."""
        return self.get(f"/simple/{PROJECT}/").headers["X-Mirror"] or ""

    def asked_by(self, source: str) -> set[str]:
        """The mirrors that an address of this machine gets pages of."""
        trusted = ssl.create_default_context(cafile=str(self.trusted["SSL_CERT_FILE"]))
        given = set()
        for page in (PROJECT, "demo-dep", PROJECT):
            link = HTTPSConnection(
                "127.0.0.1",
                self.run.port("balancer"),
                timeout=10,
                source_address=(source, 0),
                context=trusted,
            )
            with closing(link):
                link.request("GET", f"/simple/{page}/")
                answer = link.getresponse()
                assert answer.status == 200, f"{source} gets {answer.status}"
                given.add(answer.headers["X-Mirror"])
        return given

    def forget(self) -> None:
        """Empty the request logs of the mirrors."""
        for index in self.mirrors.values():
            index.forget_requests()

    def reader(self) -> Reader:
        """A fresh machine with uv, which has seen what upstream has."""
        uv = self.run.client("uv")
        own = f"{self.run.index.http_url}/simple/"
        genuine = uv.install(PROJECT, index=own, env=ONCE, expect=0)
        env = {**ONCE, **self.trusted}
        return Reader(uv, self.url, genuine.installed, _content(genuine), env)

    def readers(self) -> tuple[Reader, Reader]:
        """One with uv and one with pip, which should get the same."""
        uv = self.reader()
        return uv, Reader(self.run.client("pip"), uv.url, uv.newest, uv.genuine, uv.env)


@contextmanager
def _pool(run: Run, names: str = "abc", **settings: str) -> Iterator[Pool]:
    """Healthy mirrors, checked, behind the balancer."""
    with ExitStack() as stack:
        mirrors = {name: Index(run.index.scenario, tls_port=run.port(name)) for name in names}
        for index in mirrors.values():
            stack.enter_context(index)
        every = (run.index, *mirrors.values())
        Path(run.settings["CA"]).write_bytes(b"".join(index.ca_pem for index in every))
        Path(run.settings["NEAREST"]).write_text(settings.pop("near", ""))
        authority = trustme.CA()
        ca, certificate = run.tmp / "one-url-ca.pem", run.tmp / "one-url.pem"
        authority.cert_pem.write_to_path(str(ca))
        issued = authority.issue_cert("127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
        pool = Pool(run, mirrors, ca)
        unknown = [name for name in mirrors if not pool.is_good(name)]
        if unknown:  # in a world of several drills the last one left good verdicts
            checked = pool.check(*unknown)
            assert checked.exit_code == 0, f"healthy mirrors are not good: {checked.output}"
        words = " ".join(pool.words())
        given = {name: run.settings[name] for name in ("CA", "NEAREST")}
        listen = f"{run.settings['LISTEN']} ssl crt {certificate}"
        run.start("balancer", MIRRORS=words, LISTEN=listen, **{**given, **settings})
        run.wait(lambda: pool.get("/pool").status == 200, "the balancer")
        pool.wait(*names)
        yield pool


def promise(run: Run) -> None:
    """While pip and uv install without a break, a mirror fails, leaves, recovers and comes back."""
    with _pool(run) as pool:
        _serves(pool)
        uv, pip = pool.readers()
        readers = [pip, uv, uv, uv, uv]
        watching = run.start(
            "check", MIRRORS=" ".join(pool.words()), CA=run.settings["CA"], EVERY="4"
        )
        bad = pool.serving()
        others = {"a", "b", "c"} - {bad}
        pool.mirrors[bad].fault("500")
        _install_until(readers, lambda: pool.up() == others, f"{bad} out of the pool")
        assert pool.verdict(bad).startswith("bad unreachable: "), pool.verdict(bad)
        pool.forget()
        _install_until(readers, lambda: False, "", rounds=1)
        asked = _by_installers(pool.mirrors[bad])
        assert asked == 0, f"{bad} is out, and was asked {asked} times"
        pool.mirrors[bad].clear()
        _install_until(readers, lambda: _by_installers(pool.mirrors[bad]) > 0, f"{bad} back")
        watching.kill()
        counts = readers[0].counts + readers[-1].counts
        run.measure("installs", counts.total(), "installs")
        told = Path(run.tmp, "told").read_text()
        assert f"check: {bad} is OUT: unreachable" in told, told
        assert f"check: {bad} is IN: healthy" in told, told


def mirror_fails(run: Run) -> None:
    """Mirrors do not answer as they should: named, out, and no install fails."""
    _strike(run, GIVEN_UP, FAILS[:AT_A_TIME], FAILS[AT_A_TIME:])


def mirror_lies(run: Run) -> None:
    """Mirrors answer something wrong: named, out, and no install gets it."""
    _strike(run, LIES[:AT_A_TIME], LIES[AT_A_TIME:])


def _strike(run: Run, *rounds: Sequence[Fault]) -> None:
    """From their verdicts on, no fault of several mirrors at once reaches an install."""
    out = set[str]()
    with _pool(run, "abcdefg", near="127.0.0.0/8 a\n") as pool:
        uv, pip = pool.readers()
        for faults in rounds:
            struck = dict(zip("abdefg"[: len(faults)], faults, strict=True))
            for name, fault in struck.items():
                pool.mirrors[name].clear()
                pool.mirrors[name].fault(fault)
            pool.forget()
            pool.check(*struck, **({"WITHIN": "3"} if faults == GIVEN_UP else {}))
            out |= struck.keys()
            pool.wait(*sorted(pool.mirrors.keys() - out))
            for name, fault in struck.items():
                said = pool.verdict(name)
                assert said.startswith(f"bad {NAMED[fault]}"), f"{fault}: {name} is {said}"
                met = any(request.fault for request in pool.mirrors[name].requests())
                assert met or fault is Fault.UNTRUSTED_TLS, f"{fault}: nobody met it"
            pool.forget()
            for reader in (uv, pip) if faults is rounds[-1] else (uv,):
                outcome = reader.install()
                why = f"{faults}: {outcome} by {reader.client.name}: {reader.said}"
                assert outcome == "newest", why
            asked = {name: _by_installers(index) for name, index in pool.mirrors.items()}
            assert not sum(asked[name] for name in out), f"{faults}: out, and were asked: {asked}"
            assert any(asked.values()), f"{faults}: who was asked? {asked}"
        pool.mirrors["a"].clear()
        pool.check("a")
        pool.wait("a", *sorted(pool.mirrors.keys() - out))
        pool.forget()
        assert uv.install() == "newest"
        asked = {name: _by_installers(index) for name, index in pool.mirrors.items()}
        assert asked["a"], f"a is back, and near, and nobody asks it: {asked}"
        run.measure("faults", sum(map(len, rounds)), "faults")
        run.measure("installs", (uv.counts + pip.counts).total(), "installs")


def between_two_checks(run: Run) -> None:
    """Before its verdict, a fault does what between-two-checks.csv says, and nothing worse."""
    _, *rows = (run.folder / "between-two-checks.csv").read_text().splitlines()
    assert len(rows) == len(Fault), "a fault is left out"
    with _pool(run, near="127.0.0.0/8 a\n", ANSWER="4s") as pool:
        uv, pip = pool.readers()
        assert pool.serving() == "a", "127.0.0.0/8 is near to a"
        for fault, row in zip(Fault, rows, strict=True):
            one = fault in {Fault.HANG, Fault.SLOW}  # all pages would only take longer
            pool.mirrors["a"].fault(fault, "/simple/demo-dep/" if one else "*")
            pool.forget()
            outcome = uv.install()
            again = any(_by_installers(pool.mirrors[name]) for name in "bc")
            met = any(request.fault for request in pool.mirrors["a"].requests())
            assert met or fault is Fault.UNTRUSTED_TLS, f"{fault}: nobody met it"
            seen = f"{fault.value},{'yes' if again else 'no'},{outcome}"
            assert seen == row, f"mend the table: {seen}, not {row}"
            if fault in {Fault.ALTERED_FILE, Fault.ALTERED}:
                other = pip.install()
                assert other == outcome, f"{fault}: pip {other}, uv {outcome}"
            pool.mirrors["a"].clear()
    run.measure("failed", uv.counts["failed"], "installs")
    run.measure("stale", uv.counts["stale"], "installs")
    run.measure("altered", uv.counts["altered"], "installs")


def all_bad(run: Run) -> None:
    """Nobody is served where no verdict is good: bad, missing, cut off or too old."""
    with _pool(run) as pool:
        reader = pool.reader()
        for name in ("b", "c"):
            pool.mirrors[name].fault("altered")
        pool.check("b", "c")
        pool.wait("a")
        assert reader.install() == "newest"
        verdict = Path(run.settings["VERDICTS"], "a")
        good = verdict.read_text()
        for broken in (None, good.rstrip("\n"), "good 1 1 old\n"):
            if broken is None:
                verdict.unlink()
            else:
                verdict.write_text(broken)
            pool.wait()
            answer = pool.get(f"/simple/{PROJECT}/")
            assert answer.status == 503, f"with the verdict {broken!r}: {answer.status}"
            assert "no mirror passes its check" in answer.text
            verdict.write_text(good)
            pool.wait("a")
        verdict.unlink()
        pool.wait()
        assert reader.install() == "failed", "something was installed from a mirror nobody trusts"


def upstream_down(run: Run) -> None:
    """While upstream is away good mirrors stay in; one that is bad leaves, and stays out."""
    with _pool(run) as pool:
        reader = pool.reader()
        run.index.fault("hang")  # longer than a check may take
        checked = pool.check("c", WITHIN="8", CHECK="")
        assert checked.exit_code == 0, f"upstream hangs: {checked.output}"
        run.index.clear()
        run.index.fault("500")
        checked = pool.check("a")
        assert checked.exit_code == 0, f"upstream fails: {checked.output}"
        for name in "ac":
            assert pool.verdict(name).startswith("good good by itself"), pool.verdict(name)
        pool.mirrors["c"].fault("altered-file")
        pool.check("c")
        pool.wait("a", "b")
        assert pool.verdict("c").startswith("bad altered: "), pool.verdict("c")
        pool.mirrors["c"].clear()
        pool.check("c")
        assert "not compared with upstream" in pool.verdict("c"), "c is back, and who knows how"
        assert reader.install() == "newest"
        pool.check("a", UNCOMPARED="0")
        pool.wait("b")
        run.index.clear()
        assert pool.check("a", "c").exit_code == 0
        pool.wait("a", "b", "c")
        before = pool.verdict("a")
        broken = pool.check(MIRRORLAB="/no/such/command")
        assert "could not tell: /no/such/command does not start" in broken.output
        assert (broken.exit_code, pool.verdict("a")) == (3, before), "a verdict without a check"


def lagging(run: Run) -> None:
    """What is younger than --max-age may lack; an older release on some alone is stale, and out."""
    with _pool(run, near="127.0.0.0/8 c\n") as pool:
        then = datetime.now(UTC) - timedelta(hours=2)
        for index in (run.index, pool.mirrors["a"], pool.mirrors["b"]):
            index.publish(PROJECT, "3.0", requires=["demo-dep"], uploaded=then)
        reader = pool.reader()
        assert pool.check("c", CHECK="--max-age 3h").exit_code == 0, "c may lag three hours"
        pool.wait("a", "b", "c")
        assert reader.install() == "stale", "c has not got it, and c is near"
        pool.check("c", CHECK="--max-age 1h")
        pool.wait("a", "b")
        assert pool.verdict("c").startswith("bad stale: "), pool.verdict("c")
        assert reader.install() == "newest", "a page of c was given though c is out"


def nearest(run: Run) -> None:
    """Each network gets the mirror near to it, and while that is out always the same other one."""
    near = {"127.1.0.7": "a", "127.2.0.7": "b", "127.3.0.7": "c"}
    lines = "127.1.0.0/16 a\n127.2.0.0/16 b\n127.3.0.0/16 c\n127.9.0.0/16 nobody\n"
    with _pool(run, near=lines) as pool:
        for source, name in near.items():
            assert pool.asked_by(source) == {name}, f"{source} is not near to {name}"
        elsewhere = {source: pool.asked_by(source) for source in ("127.8.0.1", "127.9.0.1")}
        for source, names in elsewhere.items():
            assert len(names) == 1, f"{source} gets pages of {names}"
        pool.mirrors["b"].fault("stale")
        pool.check("b")
        pool.wait("a", "c")
        instead = pool.asked_by("127.2.0.7")
        assert len(instead) == 1, f"while b is out, its network gets pages of {instead}"
        assert instead < {"a", "c"}, f"b is out, and is asked: {instead}"
        assert pool.asked_by("127.1.0.7") == {"a"}, "another network changed its mirror"
        pool.mirrors["b"].clear()
        pool.check("b")
        pool.wait("a", "b", "c")
        assert pool.asked_by("127.2.0.7") == {"b"}, "b is back, and its network does not get it"


def by_dns(run: Run) -> None:
    """The name has the addresses of good mirrors alone, in turning order, for a short time."""
    addresses = {name: f"127.0.0.{number}" for number, name in enumerate("abc", 11)}
    port = run.port("a")
    # The lab's proxy, which nothing passes, would be asked for these addresses.
    given = [f"{name}=" for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")]
    given += ["CA=", f"VERDICTS={run.tmp}/dns-verdicts"]

    def check(*names: str) -> int:
        words = " ".join(f"{name}=http://{addresses[name]}:{port}/simple/" for name in names)
        return run.command("env", *given, f"MIRRORS={words}", "sh", "check.sh").exit_code

    with ExitStack() as stack:
        mirrors = {
            name: stack.enter_context(Index(run.index.scenario, host=address, port=port))
            for name, address in addresses.items()
        }

        def told(*names: str) -> None:
            wanted = {addresses[name] for name in names}
            run.wait(lambda: set(_resolved(run)[0]) == wanted, f"a name of {names}")

        assert check(*"abc") == 0
        told(*"abc")
        firsts = {_resolved(run)[0][0] for _ in range(6)}
        assert firsts == set(addresses.values()), f"the order does not turn: {firsts}"
        ttls = _resolved(run)[1]
        assert ttls == {30}, f"clients may keep an address for {ttls} s"
        mirrors["b"].fault("altered")
        assert check("b") == 1
        told("a", "c")
        for name in "ac":
            mirrors[name].fault("500")
        assert check("a", "c") == 1
        told()
        mirrors["b"].clear()
        assert check("b") == 0
        told("b")


def _serves(pool: Pool) -> None:
    """Through the one URL comes what a mirror has; nothing is written to it."""
    page = pool.get(f"/simple/{PROJECT}/", "application/vnd.pypi.simple.v1+json")
    assert page.status == 200, page.text
    assert page.headers["Vary"] == "Accept"
    assert {file["filename"] for file in page.json()["files"]} == {
        file.filename for file in pool.run.index.files(PROJECT)
    }
    assert pool.get("/simple/no-such-project/").status == 404


def _install_until(
    readers: list[Reader], done: Callable[[], bool], what: str, rounds: int = 30
) -> None:
    """Install with each in turn until it is so; it must be within some rounds."""
    for _ in range(rounds):
        for reader in readers:
            outcome = reader.install()
            assert outcome == "newest", f"an install: {outcome}: {reader.said}"
            if done():
                return
    assert not what, f"{what} did not come within {rounds} rounds of installs"


def _by_installers(index: Index) -> int:
    """How often pip or uv asked an index."""
    return sum(request.user_agent.startswith(("pip/", "uv/")) for request in index.requests())


def _resolved(run: Run) -> tuple[list[str], set[int]]:
    """Ask the name server for the one name: its IPv4 addresses in their order, and their TTLs."""
    name = b"".join(bytes([len(word)]) + word for word in (b"mirror", b"example", b""))
    query = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + name + b"\x00\x01\x00\x01"
    with socket(AF_INET, SOCK_DGRAM) as asking:
        asking.settimeout(5)
        asking.sendto(query, ("127.0.0.1", run.port("dns")))
        answer = asking.recv(4096)
    count = int.from_bytes(answer[6:8], "big")
    records = [answer[len(query) + 16 * n :][:16] for n in range(count)]
    ttls = {int.from_bytes(record[6:10], "big") for record in records}
    return [".".join(map(str, record[12:])) for record in records], ttls


def _content(done: Attempt) -> dict[str, str]:
    """The installed files that come from the index, with their sha256."""
    record = done.record(PROJECT).items()
    return {path: digest for path, digest in record if path.endswith((".py", "/METADATA"))}
