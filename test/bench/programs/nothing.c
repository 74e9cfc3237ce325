/* Ends at once: what it takes is what every run takes before and after its work. */
int main(void) { return 0; }
