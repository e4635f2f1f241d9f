# RPI_PICO_W with picoweb frozen in: that board's own file names ${MICROPY_BOARD_DIR}/manifest.py.
include(${MICROPY_PORT_DIR}/boards/RPI_PICO_W/mpconfigboard.cmake)
