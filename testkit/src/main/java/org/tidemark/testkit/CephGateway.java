// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Ceph's S3 gateway on ports of the loopback interface, with a monitor and a device in memory: about 140 MB and a
 * second. It checks signatures and policies, and it really keeps versions, locks and legal holds. Thread-safe.
 */
public final class CephGateway implements AutoCloseable {
    private static final String INSTALL =
            "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd (version 16 or later)";

    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final SharedServer<CephGateway> SHARED = new SharedServer<>(CephGateway::new);

    private final Path directory;
    private final Path configuration;
    private final int port = FreePort.next();
    private final List<BackgroundServer> servers = new ArrayList<>();
    private final User owner;
    private final Map<String, List<String>> policies = new ConcurrentHashMap<>();

    /** Somebody with an access key of the gateway. Immutable. */
    public record User(String name, String keyId, String secret) {}

    private CephGateway() {
        for (String program : List.of("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph")) {
            RequiredServer.program(program, INSTALL);
        }
        int monitorPort = FreePort.next();
        String id = UUID.randomUUID().toString();
        try {
            this.directory = TestDirectories.create("tidemark-ceph");
            this.configuration = directory.resolve("ceph.conf");
            for (String each : List.of("mon", "osd", "rgw")) {
                Files.createDirectory(directory.resolve(each));
            }
            Files.writeString(configuration, settings(id, monitorPort));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            prepare(id, monitorPort);
            start("ceph-mon", "-i", "a").awaitPort(monitorPort, START_LIMIT);
            String device = UUID.randomUUID().toString();
            run("ceph", "--connect-timeout", "90", "osd", "new", device);
            run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", device);
            start("ceph-osd", "-i", "0");
            start("radosgw", "-n", "client.admin").awaitPort(port, START_LIMIT);
            this.owner = newUser();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Everything of one gateway is on this host; the monitor proposes each change at once instead of after a second.
     */
    private String settings(String id, int monitorPort) {
        return """
            [global]
            fsid = %1$s
            mon_host = v2:127.0.0.1:%2$d/0
            mon_initial_members = a
            public_addr = 127.0.0.1
            keyring = %3$s/keyring
            mon_data = %3$s/mon
            osd_data = %3$s/osd
            rgw_data = %3$s/rgw
            run_dir = %3$s
            admin_socket =
            log_file = %3$s/$name.log
            mon_cluster_log_file = %3$s/cluster.log
            crash_dir = %3$s
            osd_pool_default_size = 1
            osd_pool_default_min_size = 1
            osd_pool_default_pg_num = 1
            osd_pool_default_pgp_num = 1
            osd_pool_default_pg_autoscale_mode = off
            osd_crush_chooseleaf_type = 0
            mon_allow_pool_size_one = true
            mon_max_pg_per_osd = 1000
            mon_data_avail_crit = 1
            mon_data_avail_warn = 1
            paxos_propose_interval = 0.02
            paxos_min_wait = 0.01
            osd_objectstore = memstore
            memstore_device_bytes = 1073741824
            osd_class_load_list = *
            osd_class_default_list = *
            osd_op_num_shards = 1
            ms_async_op_threads = 2
            rgw_thread_pool_size = 32
            rgw_frontends = beast endpoint=127.0.0.1:%4$d tcp_nodelay=1
            rgw_override_bucket_index_max_shards = 1
            rgw_run_sync_thread = false
            """.formatted(id, monitorPort, directory, port);
    }

    private void prepare(String id, int monitorPort) {
        String keyring = directory.resolve("keyring").toString();
        String map = directory.resolve("monmap").toString();
        String all = "allow *";
        run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", all);
        run("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", "--cap", "mon", all, "--cap", "osd", all);
        run(
                "ceph-authtool",
                keyring,
                "--gen-key",
                "-n",
                "osd.0",
                "--cap",
                "mon",
                "allow profile osd",
                "--cap",
                "osd",
                all);
        run("monmaptool", "--create", "--addv", "a", "[v2:127.0.0.1:" + monitorPort + "]", "--fsid", id, map);
        run("ceph-mon", "--mkfs", "-i", "a", "--monmap", map, "--keyring", keyring);
    }

    /** The one of this JVM: started when it is first asked for, and stopped when the JVM ends. */
    public static CephGateway shared() {
        return SHARED.get();
    }

    /** Of the loopback interface, without encryption. */
    public int port() {
        return port;
    }

    /** Owns every bucket of {@link #newBucket} and {@link #newLockedBucket}. */
    public User owner() {
        return owner;
    }

    /** Makes a user who owns nothing, and may do what a bucket's policy allows. */
    public User newUser() {
        String name = "user" + NAMES.incrementAndGet();
        User user = new User(name, "key-of-" + name, "Secret/of+" + name);
        run(
                "radosgw-admin",
                "user",
                "create",
                "--uid",
                name,
                "--display-name",
                name,
                "--access-key",
                user.keyId,
                "--secret",
                user.secret);
        return user;
    }

    /** Makes an ordinary bucket, and returns its name. */
    public String newBucket() {
        return make(Map.of());
    }

    /** Makes a bucket with Object Lock, which keeps every version, and returns its name. */
    public String newLockedBucket() {
        return make(Map.of("x-amz-bucket-object-lock-enabled", "true"));
    }

    private String make(Map<String, String> headers) {
        String name = "bucket-" + NAMES.incrementAndGet();
        send("PUT", "/" + name, headers, "");
        return name;
    }

    /** Lets a bucket keep every version of its objects. */
    public void keepVersions(String bucket) {
        send(
                "PUT",
                "/" + bucket + "?versioning",
                Map.of(),
                "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
    }

    /** Gives a bucket its lifecycle rules, each as its XML element {@code Rule}. */
    public void setLifecycle(String bucket, String... rules) {
        send(
                "PUT",
                "/" + bucket + "?lifecycle",
                Map.of(),
                "<LifecycleConfiguration>" + String.join("", rules) + "</LifecycleConfiguration>");
    }

    /**
     * Allows a user some actions, such as {@code s3:GetObject}, on a bucket and all its objects. An object belongs to
     * who stored it: the bucket's owner may not read it without such a rule.
     */
    public void allow(String bucket, User user, String... actions) {
        List<String> rules = policies.computeIfAbsent(bucket, _ -> new CopyOnWriteArrayList<>());
        rules.add("""
                {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/%s"]}, "Action": ["%s"],
                  "Resource": ["arn:aws:s3:::%s", "arn:aws:s3:::%s/*"]}
                """.formatted(user.name, String.join("\", \"", actions), bucket, bucket));
        send(
                "PUT",
                "/" + bucket + "?policy",
                Map.of(),
                "{\"Version\": \"2012-10-17\", \"Statement\": [" + String.join(",", rules) + "]}");
    }

    /**
     * Sends a request as {@link #owner}, and returns the body of the answer.
     *
     * @param path with the query
     * @throws IllegalStateException if the answer is no success
     */
    public String send(String method, String path, Map<String, String> headers, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(START_LIMIT)
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        SignedRequest.headers(owner, method, path, headers, body).forEach(request::header);
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() / 100 != 2) {
                throw new IllegalStateException(
                        method + " " + path + " was answered by " + answer.statusCode() + ": " + answer.body());
            }
            return answer.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + method + " " + path + " was sent", e);
        }
    }

    private void run(String... command) {
        Commands.run(Stream.of(command).toList(), Map.of("CEPH_CONF", configuration.toString(), "CEPH_ARGS", ""));
    }

    private BackgroundServer start(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(program, "-f"));
        command.addAll(List.of(arguments));
        BackgroundServer server = BackgroundServer.start(
                command, directory.resolve(program + ".out"), Map.of("CEPH_CONF", configuration.toString()));
        servers.add(server);
        return server;
    }

    @Override
    public void close() {
        servers.reversed().forEach(BackgroundServer::close);
        TemporaryTree.delete(directory);
    }
}
