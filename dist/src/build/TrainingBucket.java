// SPDX-License-Identifier: Apache-2.0
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Looks like a bucket of S3 over https whose objects are the files of a directory: enough for the JVM to see which
 * classes a command loads that uses S3. It checks nothing, and knows only the requests of such commands.
 */
final class TrainingBucket implements AutoCloseable {
    private static final String PASSWORD = "training";
    private static final Pattern TRAILER = Pattern.compile("x-amz-checksum-([a-z0-9]+):([A-Za-z0-9+/=]+)");
    private static final int TRAILER_BYTES = 300;
    private static final String TAG = "\"00000000000000000000000000000000\"";

    private final Path repository;
    private final Path ground;
    private final Keeping keeping;
    private final HttpsServer server;

    /** What a bucket does with objects. */
    enum Keeping {
        /** It has documents alone, so that a WAL file is written and then asked from the next repository. */
        DOCUMENTS,
        EVERYTHING
    }

    private TrainingBucket(Path repository, Path ground, Keeping keeping) throws IOException, InterruptedException {
        this.repository = repository;
        this.ground = ground;
        this.keeping = keeping;
        try {
            SSLContext context = certificate();
            this.server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
            server.setHttpsConfigurator(new HttpsConfigurator(context));
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    /**
     * Starts the server.
     *
     * @param ground where the secret and the certificate are put, which a client reads
     */
    static TrainingBucket of(Path repository, Path ground, Keeping keeping) throws IOException, InterruptedException {
        return new TrainingBucket(repository, ground, keeping);
    }

    /** As a configuration has it. */
    String table(String name) {
        return "[repository." + name + "]\nurl = 's3://training'\nendpoint = 'https://127.0.0.1:"
                + server.getAddress().getPort() + "'\nca-file = '" + pem() + "'\naccess-key-id = 'nobody'\n"
                + "secret-access-key-file = '" + ground.resolve("secret") + "'\n";
    }

    private Path pem() {
        return ground.resolve("training.pem");
    }

    private SSLContext certificate() throws IOException, InterruptedException, GeneralSecurityException {
        Files.writeString(ground.resolve("secret"), "nothing");
        Path store = ground.resolve("training.p12");
        keytool(
                store,
                "-genkeypair",
                "-alias",
                "training",
                "-keyalg",
                "EC",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "san=ip:127.0.0.1");
        keytool(store, "-exportcert", "-rfc", "-alias", "training", "-file", pem().toString());
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    private void keytool(Path store, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD));
        command.addAll(List.of(arguments));
        Path output = ground.resolve("keytool");
        int status = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("keytool ended with " + status + ":\n" + Files.readString(output));
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String key = exchange.getRequestURI().getPath().replaceFirst("^/training/?", "");
            byte[] body = exchange.getRequestBody().readAllBytes();
            Path file = repository.resolve(key).normalize();
            if (!file.startsWith(repository)) {
                exchange.sendResponseHeaders(400, -1);
                return;
            }
            switch (exchange.getRequestMethod()) {
                case "PUT" -> put(exchange, file, body);
                case "GET" -> {
                    if (key.isEmpty()) {
                        list(exchange);
                    } else {
                        get(exchange, file, key);
                    }
                }
                case "HEAD" -> get(exchange, file, key);
                default -> exchange.sendResponseHeaders(501, -1);
            }
        }
    }

    private void put(HttpExchange exchange, Path file, byte[] body) throws IOException {
        if (keeping == Keeping.EVERYTHING) {
            if (exchange.getRequestHeaders().containsKey("If-None-Match") && Files.exists(file)) {
                refuse(exchange, 412, "PreconditionFailed");
                return;
            }
            boolean inChunks = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Encoding"))
                    .contains("aws-chunked");
            Files.createDirectories(file.getParent());
            Files.write(file, inChunks ? joined(body) : body);
        }
        int from = Math.max(0, body.length - TRAILER_BYTES);
        Matcher trailer = TRAILER.matcher(new String(body, from, body.length - from, StandardCharsets.ISO_8859_1));
        if (trailer.find()) {
            exchange.getResponseHeaders().set("x-amz-checksum-" + trailer.group(1), trailer.group(2));
        }
        exchange.getResponseHeaders().set("ETag", TAG);
        exchange.sendResponseHeaders(200, -1);
    }

    /** Each chunk follows a line with its length in hexadecimal digits; the last one is empty. */
    private static byte[] joined(byte[] body) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        int at = 0;
        while (true) {
            int end = at;
            while (body[end] != '\r') {
                end++;
            }
            String line = new String(body, at, end - at, StandardCharsets.ISO_8859_1);
            int length = Integer.parseInt(line.split(";", 2)[0], 16);
            if (length == 0) {
                return joined.toByteArray();
            }
            joined.write(body, end + 2, length);
            at = end + 2 + length + 2;
        }
    }

    private void get(HttpExchange exchange, Path file, String key) throws IOException {
        boolean kept = keeping == Keeping.EVERYTHING || key.endsWith(".json");
        if (!kept || !Files.isRegularFile(file)) {
            refuse(exchange, 404, "NoSuchKey");
            return;
        }
        byte[] content = Files.readAllBytes(file);
        exchange.getResponseHeaders().set("ETag", TAG);
        exchange.getResponseHeaders().set("Last-Modified", time(file).format(DateTimeFormatter.RFC_1123_DATE_TIME));
        int status = 200;
        String range = exchange.getRequestHeaders().getFirst("Range");
        if (range != null) {
            String[] ends = range.substring(range.indexOf('=') + 1).split("-", 2);
            int first = Integer.parseInt(ends[0]);
            int last = ends[1].isEmpty() ? content.length - 1 : Math.min(content.length - 1, Integer.parseInt(ends[1]));
            exchange.getResponseHeaders().set("Content-Range", "bytes " + first + "-" + last + "/" + content.length);
            content = Arrays.copyOfRange(content, first, last + 1);
            status = 206;
        }
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(content.length));
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, content.length);
            exchange.getResponseBody().write(content);
        }
    }

    /** All keys with the prefix, after the one where the client goes on: a training has few. */
    private void list(HttpExchange exchange) throws IOException {
        Map<String, String> query = new HashMap<>();
        for (String part : String.valueOf(exchange.getRequestURI().getQuery()).split("&")) {
            String[] word = part.split("=", 2);
            query.put(word[0], word.length > 1 ? word[1] : "");
        }
        StringBuilder keys = new StringBuilder();
        try (Stream<Path> files = Files.walk(repository)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String key = repository.relativize(file).toString();
                if (key.startsWith(query.getOrDefault("prefix", ""))
                        && key.compareTo(query.getOrDefault("start-after", "")) > 0) {
                    keys.append("<Contents><Key>" + key + "</Key><LastModified>"
                            + time(file).toInstant()
                            + "</LastModified><ETag>&quot;0&quot;</ETag><Size>" + Files.size(file)
                            + "</Size><StorageClass>STANDARD</StorageClass></Contents>");
                }
            }
        }
        xml(
                exchange,
                200,
                "<ListBucketResult><Name>training</Name><IsTruncated>false</IsTruncated>" + keys
                        + "</ListBucketResult>");
    }

    private static ZonedDateTime time(Path file) throws IOException {
        return Files.getLastModifiedTime(file)
                .toInstant()
                .truncatedTo(ChronoUnit.SECONDS)
                .atZone(ZoneOffset.UTC);
    }

    private static void refuse(HttpExchange exchange, int status, String code) throws IOException {
        xml(exchange, status, "<Error><Code>" + code + "</Code><Message>none</Message></Error>");
    }

    private static void xml(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = ("<?xml version=\"1.0\"?>" + text).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/xml");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
        if (!head) {
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
