#include "boards/RPI_PICO2_W/mpconfigboard.h"

#undef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "Raspberry Pi Pico 2 W with picoweb"

// TCP connections at a time; lwIP's default is 5.
#define MEMP_NUM_TCP_PCB (12)
