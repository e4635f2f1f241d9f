# Before the standard variant's own manifest.
FROZEN_MANIFEST ?= $(VARIANT_DIR)/manifest.py
include variants/standard/mpconfigvariant.mk
