"""Built to see what building asks for."""
