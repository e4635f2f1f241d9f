include("$(PORT_DIR)/variants/standard/manifest.py")
include("../manifest.py", start=False, without=())
