// SPDX-License-Identifier: GPL-3.0-or-later
/** Makes garbage, and keeps some of it: Keeps MODE KEPT_KIB_PER_SECOND. Prints its own books: seconds since the Epoch, bytes kept. */
import java.util.ArrayDeque;

class Keeps {
    static final ArrayDeque<byte[]> kept = new ArrayDeque<>();
    static byte[] garbage; // of the class, as what never leaves a method is not allocated

    public static void main(String[] arguments) throws Exception {
        boolean leaks = arguments[0].equals("leak");
        double rate = Double.parseDouble(arguments[1]) * 1024;
        long begin = System.nanoTime(), bytes = 0, made = 0, told = 0;
        for (;;) {
            double time = (System.nanoTime() - begin) / 1e9;
            while (bytes < time * rate) {
                kept.add(new byte[10000]);
                bytes += 10016;
                if (!leaks && kept.size() > 1000)
                    kept.remove(); // it outlives young collections, and is garbage then
            }
            while (made < time * 60e6) {
                garbage = new byte[5000];
                made += garbage.length;
            }
            if (time > told) {
                System.out.printf("%.3f %d%n", System.currentTimeMillis() / 1e3, kept.size() * 10016L);
                System.out.flush();
                told++;
            }
            Thread.sleep(5);
        }
    }
}
