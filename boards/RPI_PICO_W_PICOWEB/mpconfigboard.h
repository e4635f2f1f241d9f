#include "boards/RPI_PICO_W/mpconfigboard.h"

#undef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "Raspberry Pi Pico W with picoweb"

// TCP connections at a time; lwIP's default is 5.
#define MEMP_NUM_TCP_PCB (12)

// Bytes of lwIP's heap, where four clients that take nothing leave room for others; its defaults are 8000, and a
// send buffer and a window of 6400. These are set together: with MEM_SIZE the port leaves out all of its own.
#define MEM_SIZE (16000)
#define TCP_MSS (800)
#define TCP_WND (6400)
#define TCP_SND_BUF (3200)
#define MEMP_NUM_TCP_SEG (32)
