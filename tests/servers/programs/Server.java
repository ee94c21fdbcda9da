// SPDX-License-Identifier: GPL-3.0-or-later
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;

/** PORT MOST: answers GET /?waste=BYTES&keep=BYTES: makes garbage, and keeps as much, but no more than MOST bytes altogether. */
class Server {
    static final ArrayDeque<byte[]> kept = new ArrayDeque<>();
    static volatile Object waste;

    static int number(String query, String name) {
        for (String part : query.split("&"))
            if (part.startsWith(name + "="))
                return Integer.parseInt(part.substring(name.length() + 1));
        return 0;
    }

    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 0);
        long most = Long.parseLong(arguments[1]);
        server.createContext("/", exchange -> {
            String query = exchange.getRequestURI().getQuery();
            for (int left = number(query, "waste"); left > 0; left -= 1024)
                waste = new byte[1024];
            int keep = number(query, "keep");
            if (keep > 0)
                kept.add(new byte[keep]);
            while ((long) kept.size() * keep > most)
                kept.remove();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
    }
}
