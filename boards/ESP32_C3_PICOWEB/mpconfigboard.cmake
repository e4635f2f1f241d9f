# ESP32_GENERIC_C3 with picoweb frozen in, and with more sockets.
include(boards/ESP32_GENERIC_C3/mpconfigboard.cmake)

list(APPEND SDKCONFIG_DEFAULTS ${MICROPY_BOARD_DIR}/../sdkconfig.picoweb)

set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
