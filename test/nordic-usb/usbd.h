/*
 * USBD's registers of the nRF52840, and the little else that this firmware uses.
 * Source: nRF52840 Product Specification v1.1, USBD, Registers; Armv7-M ARM (DDI 0403E), B3.4 for NVIC.
 */
#ifndef USBD_H
#define USBD_H
#include <stdint.h>

struct dma { volatile uint32_t ptr, maxcnt, amount, reserved[2]; };

struct usbd {
  uint32_t reserved0;
  volatile uint32_t startepin[8], startisoin, startepout[8], startisoout, ep0rcvout, ep0status, ep0stall, dpdmdrive, dpdmnodrive;
  uint32_t reserved1[40];
  volatile uint32_t usbreset, started, endepin[8], ep0datadone, endisoin, endepout[8], endisoout, sof, usbevent, ep0setup, epdata; /* 0x100 */
  uint32_t reserved2[39];
  volatile uint32_t shorts; /* 0x200 */
  uint32_t reserved3[63];
  volatile uint32_t inten, intenset, intenclr; /* 0x300 */
  uint32_t reserved4[61];
  volatile uint32_t eventcause; /* 0x400 */
  uint32_t reserved5[7];
  volatile uint32_t halted_in[8], reserved6, halted_out[8], reserved7; /* 0x420 */
  volatile uint32_t epstatus, epdatastatus, usbaddr; /* 0x468 */
  uint32_t reserved8[3];
  volatile uint32_t bmrequesttype, brequest, wvaluel, wvalueh, windexl, windexh, wlengthl, wlengthh; /* 0x480 */
  volatile uint32_t size_epout[8], size_isoout; /* 0x4a0 */
  uint32_t reserved9[15];
  volatile uint32_t enable, usbpullup, dpdmvalue, dtoggle, epinen, epouten, epstall, isosplit, framecntr; /* 0x500 */
  uint32_t reserved10[2];
  volatile uint32_t lowpower, isoinconfig; /* 0x52c */
  uint32_t reserved11[51];
  struct dma epin[8], isoin; /* 0x600 */
  uint32_t reserved12[19];
  struct dma epout[8], isoout; /* 0x700 */
};

#define USBD ((struct usbd *)0x40027000)
#define USBD_IRQ 39
#define NVIC_ISER ((volatile uint32_t *)0xe000e100)

_Static_assert(__builtin_offsetof(struct usbd, usbreset) == 0x100, "events");
_Static_assert(__builtin_offsetof(struct usbd, eventcause) == 0x400, "EVENTCAUSE");
_Static_assert(__builtin_offsetof(struct usbd, epstatus) == 0x468, "EPSTATUS");
_Static_assert(__builtin_offsetof(struct usbd, bmrequesttype) == 0x480, "BMREQUESTTYPE");
_Static_assert(__builtin_offsetof(struct usbd, enable) == 0x500, "ENABLE");
_Static_assert(__builtin_offsetof(struct usbd, lowpower) == 0x52c, "LOWPOWER");
_Static_assert(__builtin_offsetof(struct usbd, epin) == 0x600, "EPIN");
_Static_assert(__builtin_offsetof(struct usbd, epout) == 0x700, "EPOUT");

enum { CAUSE_SUSPEND = 1 << 8, CAUSE_RESUME = 1 << 9, CAUSE_WAKE = 1 << 10, CAUSE_READY = 1 << 11 };
enum { INT_USBRESET = 1 << 0, INT_EP0DATADONE = 1 << 10, INT_USBEVENT = 1 << 22, INT_EP0SETUP = 1 << 23, INT_EPDATA = 1 << 24 };

#endif
