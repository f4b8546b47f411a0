// SPDX-License-Identifier: Apache-2.0
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Looks like a bucket of S3 over https that holds the identities of a repository in a directory, and nothing else:
 * enough for the JVM to see which classes a push to S3 loads. It keeps nothing of what is put.
 */
final class TrainingBucket implements AutoCloseable {
    private static final String PASSWORD = "training";
    private static final Pattern TRAILER = Pattern.compile("x-amz-checksum-([a-z0-9]+):([A-Za-z0-9+/=]+)");
    private static final int TRAILER_BYTES = 300;

    private final Path repository;
    private final Path ground;
    private final HttpsServer server;

    private TrainingBucket(Path repository, Path ground) throws IOException, InterruptedException {
        this.repository = repository;
        this.ground = ground;
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

    static TrainingBucket of(Path repository, Path ground) throws IOException, InterruptedException {
        return new TrainingBucket(repository, ground);
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
            switch (exchange.getRequestMethod()) {
                case "PUT" -> put(exchange, body);
                case "GET", "HEAD" -> get(exchange, repository.resolve(key).normalize(), key);
                default -> exchange.sendResponseHeaders(501, -1);
            }
        }
    }

    private static void put(HttpExchange exchange, byte[] body) throws IOException {
        int from = Math.max(0, body.length - TRAILER_BYTES);
        Matcher trailer = TRAILER.matcher(new String(body, from, body.length - from, StandardCharsets.ISO_8859_1));
        if (trailer.find()) {
            exchange.getResponseHeaders().set("x-amz-checksum-" + trailer.group(1), trailer.group(2));
        }
        exchange.getResponseHeaders().set("ETag", "\"00000000000000000000000000000000\"");
        exchange.sendResponseHeaders(200, -1);
    }

    /** Of what a repository holds, only its documents: WAL is absent, so that the next repository is asked for it. */
    private void get(HttpExchange exchange, Path file, String key) throws IOException {
        if (!key.endsWith(".json") || !file.startsWith(repository) || !Files.isRegularFile(file)) {
            byte[] absent = ("<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/xml");
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(404, head ? -1 : absent.length);
            if (!head) {
                exchange.getResponseBody().write(absent);
            }
            return;
        }
        byte[] content = Files.readAllBytes(file);
        exchange.getResponseHeaders().set("ETag", "\"00000000000000000000000000000000\"");
        exchange.sendResponseHeaders(200, content.length);
        exchange.getResponseBody().write(content);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
