/*
 * A serial port over USB (CDC-ACM) that sends back what it receives, each byte with its case bit flipped when it is a letter's
 * and otherwise as it came: so an echo by somebody else would show. Sources: nRF52840 Product Specification v1.1, USBD; USB 2.0,
 * chapter 9; CDC 1.2; PSTN 1.2. The first 64-byte block that begins with the bytes 0 'S' 'T' 'A' is answered by halting the IN
 * endpoint once: the host has to clear that. 0 'W' 'A' 'K' asks for a remote wake-up at the next suspend.
 */
#include "usbd.h"

extern uint32_t data_begin[], data_end[], data_load[], bss_begin[], bss_end[], stack_top[];
int main(void);
void usbd_interrupt(void);
static void stop(void) { for (;;) { } }

void start(void) {
  uint32_t *from = data_load;
  for (uint32_t *to = data_begin; to < data_end;) *to++ = *from++;
  for (uint32_t *to = bss_begin; to < bss_end;) *to++ = 0;
  main();
  stop();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 48])(void) = {
  [0] = (void (*)(void))stack_top, [1] = start, [2] = stop, [3] = stop, [4] = stop, [5] = stop, [6] = stop, [16 + USBD_IRQ] = usbd_interrupt,
};

enum { NOTIFY = 1, DATA = 2, PACKET = 64 };

static const uint8_t device[18] = { 18, 1, 0x00, 0x02, 2, 0, 0, PACKET, 0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 1, 2, 3, 1 };
static const uint8_t configuration[67] = {
  9, 2, 67, 0, 2, 1, 0, 0xa0, 50,                   /* can wake the host up */
  9, 4, 0, 0, 1, 2, 2, 0, 0,                        /* communications, abstract control model */
  5, 0x24, 0x00, 0x20, 0x01,                        /* header: CDC 1.20 */
  5, 0x24, 0x01, 0x00, 1,                           /* call management */
  4, 0x24, 0x02, 0x02,                              /* line coding and state */
  5, 0x24, 0x06, 0, 1,                              /* union of 0 and 1 */
  7, 5, 0x80 | NOTIFY, 3, 8, 0, 16,
  9, 4, 1, 0, 2, 10, 0, 0, 0,                       /* data */
  7, 5, 0x80 | DATA, 2, PACKET, 0, 0,
  7, 5, DATA, 2, PACKET, 0, 0,
};
static const char *const strings[] = { "", "Thumbelina", "Echo \xc3\xbc", "0001" };

static uint8_t control[256] __attribute__((aligned(4)));
static uint32_t control_length, control_sent;
static uint8_t line_coding[8] __attribute__((aligned(4)));
static uint8_t packet[PACKET] __attribute__((aligned(4)));
static volatile uint32_t received, has_data, is_sending, halts_next, wakes_next;
volatile uint32_t line_state, is_configured, suspends, resumes, halts_cleared;

static void stall(void) { USBD->ep0stall = 1; }

/* One EasyDMA transfer at a time: started and waited for. */
static void send(uint32_t endpoint, const uint8_t *from, uint32_t length) {
  USBD->epin[endpoint].ptr = (uint32_t)from;
  USBD->epin[endpoint].maxcnt = length;
  USBD->endepin[endpoint] = 0;
  USBD->startepin[endpoint] = 1;
  while (!USBD->endepin[endpoint]) { }
}

static void receive(uint32_t endpoint, uint8_t *to, uint32_t length) {
  USBD->epout[endpoint].ptr = (uint32_t)to;
  USBD->epout[endpoint].maxcnt = length;
  USBD->endepout[endpoint] = 0;
  USBD->startepout[endpoint] = 1;
  while (!USBD->endepout[endpoint]) { }
}

static void control_in(const uint8_t *from, uint32_t length) {
  uint32_t wanted = USBD->wlengthl | USBD->wlengthh << 8;
  control_length = length < wanted ? length : wanted;
  if (control_length > sizeof control) control_length = sizeof control;
  for (uint32_t i = 0; i < control_length; i++) control[i] = from[i];
  control_sent = control_length < PACKET ? control_length : PACKET;
  send(0, control, control_sent);
}

static void string(uint32_t index) {
  static uint8_t text[64];
  uint32_t length = 2;
  if (index >= sizeof strings / sizeof *strings) { stall(); return; }
  if (index == 0) { text[2] = 0x09; text[3] = 0x04; length = 4; }
  for (const uint8_t *at = (const uint8_t *)strings[index]; *at;) {
    uint32_t unit = *at++;
    if (unit >= 0xc0) unit = (unit & 0x1f) << 6 | (*at++ & 0x3f);
    text[length++] = unit;
    text[length++] = unit >> 8;
  }
  text[0] = length;
  text[1] = 3;
  control_in(text, length);
}

static void descriptor(void) {
  switch (USBD->wvalueh) {
    case 1: control_in(device, sizeof device); return;
    case 2: control_in(configuration, sizeof configuration); return;
    case 3: string(USBD->wvaluel); return;
    default: stall();
  }
}

static void configure(void) {
  USBD->epinen = 1 | 1 << NOTIFY | 1 << DATA;
  USBD->epouten = 1 | 1 << DATA;
  USBD->size_epout[DATA] = 0;
  is_configured = 1;
  USBD->ep0status = 1;
}

static void clear_halt(uint32_t endpoint) {
  USBD->dtoggle = 0x100 | endpoint;
  USBD->epstall = endpoint;
  halts_cleared++;
  USBD->ep0status = 1;
}

static void setup(void) {
  uint32_t type = USBD->bmrequesttype, request = USBD->brequest;
  if (type == 0x00 && request == 5) return; /* SET_ADDRESS: the hardware does it */
  if (type == 0x80 && request == 6) descriptor();
  else if (type == 0x00 && request == 9) configure();
  else if (type == 0x00 && (request == 1 || request == 3)) USBD->ep0status = 1;
  else if (type == 0x02 && request == 1) clear_halt(USBD->windexl);
  else if (type == 0x21 && request == 0x20) USBD->ep0rcvout = 1;
  else if (type == 0x21 && request == 0x22) { line_state = USBD->wvaluel; USBD->ep0status = 1; }
  else stall();
}

static void control_data(void) {
  if (USBD->bmrequesttype & 0x80) {
    uint32_t rest = control_length - control_sent;
    if (rest == 0) { USBD->ep0status = 1; return; }
    uint32_t length = rest < PACKET ? rest : PACKET;
    send(0, control + control_sent, length);
    control_sent += length;
  } else {
    receive(0, line_coding, USBD->size_epout[0]);
    USBD->ep0status = 1;
  }
}

static void pass_on(void) {
  if (!has_data || is_sending) return;
  if (packet[0] == 0 && packet[1] == 'S' && packet[2] == 'T' && packet[3] == 'A') halts_next = 1;
  if (packet[0] == 0 && packet[1] == 'W' && packet[2] == 'A' && packet[3] == 'K') wakes_next = 1;
  for (uint32_t i = 0; i < received; i++) {
    uint8_t letter = packet[i] | 0x20;
    if (letter >= 'a' && letter <= 'z') packet[i] ^= 0x20;
  }
  has_data = 0;
  if (received > 0) {
    is_sending = 1;
    send(DATA, packet, received);
    if (halts_next) { halts_next = 0; USBD->epstall = 0x100 | 0x80 | DATA; }
  }
  received = 0;
}

static void data(void) {
  uint32_t status = USBD->epdatastatus;
  USBD->epdatastatus = status;
  if (status & 1 << DATA) is_sending = 0;
  if (status & 1 << (16 + DATA)) has_data = 1;
}

/* The local buffer holds the host's packet until the one before is on its way. */
static void fetch(void) {
  if (!has_data || is_sending) return;
  received = USBD->size_epout[DATA];
  receive(DATA, packet, received);
  pass_on();
}

static void bus_event(void) {
  uint32_t cause = USBD->eventcause;
  USBD->eventcause = cause;
  if (cause & CAUSE_SUSPEND) {
    suspends++;
    USBD->lowpower = 1;
    if (wakes_next && is_configured) { wakes_next = 0; USBD->lowpower = 0; }
  }
  if (cause & CAUSE_WAKE) { USBD->dpdmvalue = 1; USBD->dpdmdrive = 1; }
  if (cause & CAUSE_RESUME) { resumes++; USBD->lowpower = 0; }
}

void usbd_interrupt(void) {
  if (USBD->usbreset) { USBD->usbreset = 0; has_data = is_sending = is_configured = 0; }
  if (USBD->usbevent) { USBD->usbevent = 0; bus_event(); }
  if (USBD->ep0setup) { USBD->ep0setup = 0; setup(); }
  if (USBD->ep0datadone) { USBD->ep0datadone = 0; control_data(); }
  if (USBD->epdata) { USBD->epdata = 0; data(); fetch(); }
  (void)USBD->epdata;
}

int main(void) {
  USBD->enable = 1;
  while (!(USBD->eventcause & CAUSE_READY)) { }
  USBD->eventcause = CAUSE_READY;
  USBD->usbevent = 0;
  USBD->intenset = INT_USBRESET | INT_USBEVENT | INT_EP0SETUP | INT_EP0DATADONE | INT_EPDATA;
  NVIC_ISER[USBD_IRQ / 32] = 1u << USBD_IRQ % 32;
  USBD->usbpullup = 1;
  for (;;) __asm volatile("wfi");
}
