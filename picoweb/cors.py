"""Cross-origin requests (the Fetch standard's CORS) as middleware: `app.use(CORS(("https://example.com",)))`."""
from .http import check_value
from .request import Headers


class CORS:
    """Lets pages of these origins read the answers, and answers their preflights: use it first, before any guard."""

    def __init__(
        self, allow_origins=("*",), allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
        allow_headers=("Content-Type", "Authorization", "X-CSRF-Token"), allow_credentials=False, max_age=600, expose_headers=(),
    ):
        for words in allow_origins, allow_methods, allow_headers, expose_headers:
            if isinstance(words, str):
                raise ValueError("a list is needed, not %r" % words)
            check_value("".join(words))
        for origin in allow_origins:
            if "/" in origin.partition("://")[2]:
                raise ValueError("an origin has no path: " + origin)
        self.any = "*" in allow_origins
        self.origins = [origin.encode() for origin in allow_origins]
        self.fields = []
        if allow_credentials:
            if self.any:
                raise ValueError("credentials for any origin: name the origins")
            self.fields.append(("Allow-Credentials", "true"))
        self.preflight = self.fields + [
            ("Allow-Methods", ", ".join(allow_methods)), ("Allow-Headers", ", ".join(allow_headers)), ("Max-Age", max_age)
        ]
        if expose_headers:
            self.fields.append(("Expose-Headers", ", ".join(expose_headers)))

    def __call__(self, req, resp, next):
        fields = Headers(req.conn.header_section())
        origin = fields.get(b"origin")
        if origin is None:
            return next()
        asks = req.method == "OPTIONS" and b"access-control-request-method" in fields
        if not self.any:
            resp.add_header("Vary", "Origin")
        if self.any or origin in self.origins:
            resp.add_header("Access-Control-Allow-Origin", "*" if self.any else origin)
            for name, value in self.preflight if asks else self.fields:
                if value != "":
                    resp.add_header("Access-Control-" + name, value)
        return ("", 204) if asks else next()
