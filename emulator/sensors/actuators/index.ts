/** What a person sees, hears and touches, and other parts that people put on breadboards. */
import type { PartFactory } from '../part.js';
import { BUTTON_PART } from './button.js';
import { BUZZER_PART } from './buzzer.js';
import { HC_SR04_PART } from './hc-sr04.js';
import { LED_BAR_PART } from './led-bar.js';
import { LED_PART, RGB_LED_PART } from './led.js';
import { MAX7219_PART } from './max7219.js';
import { POTENTIOMETER_PART } from './potentiometer.js';
import { SD_CARD_PART } from './sd-card.js';
import { SERVO_PART } from './servo.js';
import { SEVEN_SEGMENT_PART } from './seven-segment.js';
import { SLIDE_SWITCH_PART } from './slide-switch.js';
import { SN74HC595_PART } from './sn74hc595.js';
import { SSD1306_PART } from './ssd1306.js';
import { WS2812B_PART } from './ws2812b.js';

export const ACTUATORS: Readonly<Record<string, PartFactory>> = {
  button:          BUTTON_PART,
  buzzer:          BUZZER_PART,
  'hc-sr04':       HC_SR04_PART,
  led:             LED_PART,
  'led-bar':       LED_BAR_PART,
  max7219:         MAX7219_PART,
  potentiometer:   POTENTIOMETER_PART,
  'rgb-led':       RGB_LED_PART,
  'sd-card':       SD_CARD_PART,
  servo:           SERVO_PART,
  'seven-segment': SEVEN_SEGMENT_PART,
  'slide-switch':  SLIDE_SWITCH_PART,
  sn74hc595:       SN74HC595_PART,
  ssd1306:         SSD1306_PART,
  ws2812b:         WS2812B_PART,
};
