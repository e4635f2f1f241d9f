"""What every board of this folder freezes: picoweb, an app, and what joins the Wi-Fi and starts it.

Options are those of picoweb's own manifest; `start=False` leaves boot.py and main.py out.
"""

options.defaults(start=True, without=("testing",))

include("../manifest.py", without=options.without)
module("app.py", opt=3)
module("pages.py", opt=3)
if options.start:
    module("boot.py", opt=3)
    module("main.py", opt=3)
