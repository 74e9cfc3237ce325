/* The network as it was trained: the file itself. */
.syntax unified
.section .rodata.model, "a"
.balign 16
.global model, model_end
model:
.incbin "model.tflite"
model_end:
