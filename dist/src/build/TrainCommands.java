// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.TemporaryTree;

/**
 * Runs wal-push, wal-fetch and the commands of an operator once each, so that the JVM notes which classes they load:
 * with the caches that it writes they start in less time (docs/adr/0019-start-up.md). There are three for each WAL
 * command, and two for all other commands: one of these for those who use a bucket of S3, whose classes are many, and
 * one for those who use SFTP, where the build finds OpenSSH's server of it. The data directory of the WAL commands is
 * made up: that of a server in recovery whose timeline has a history, since it takes the most classes, and of which a
 * second segment is ready. A primary of timeline 1 needs none besides.
 */
final class TrainCommands {
    private static final String SEGMENT = "000000020000000000000001";
    private static final String NEXT_SEGMENT = "000000020000000000000002";
    private static final String ABSENT_SEGMENT = "000000020000000000000009";
    private static final String LOCAL = "repositories = ['local']\n";
    private static final int TIMELINE = 2;
    private static final int IN_ARCHIVE_RECOVERY = 5;
    private static final int SEGMENT_BYTES = 16 << 20;
    private static final int PAGE_BYTES = 8192;
    private static final long SYSTEM = 7_000_000_000_000_000_001L;

    private final Path home;
    private final Path ground;
    private final Path repository;
    private final FileTime time;

    private TrainCommands(Path home, FileTime time, Path ground, Path repository) {
        this.home = home;
        this.time = time;
        this.ground = ground;
        this.repository = repository;
    }

    /**
     * Makes the caches of the program.
     *
     * @param home with libraries that are not going to change, nor their times
     * @param time of the libraries, for the caches; in whole seconds, since some archives and file systems keep no more
     * @return whether all of them could be made; a build needs no PostgreSQL
     */
    static boolean train(Path home, FileTime time) throws IOException, InterruptedException, ExecutionException {
        Path ground = Files.createTempDirectory("tidemark-training");
        try {
            Path data = Files.createDirectories(ground.resolve("data"));
            Files.createDirectories(data.resolve("global"));
            Files.createDirectories(data.resolve("pg_wal"));
            Files.write(data.resolve("global/pg_control"), controlFile());
            Files.write(data.resolve("pg_wal").resolve(SEGMENT), segment(1));
            // Another one is ready, which wal-push archives after it has answered.
            Files.write(data.resolve("pg_wal").resolve(NEXT_SEGMENT), segment(2));
            Files.createDirectories(data.resolve("pg_wal/archive_status"));
            Files.writeString(data.resolve("pg_wal/archive_status").resolve(NEXT_SEGMENT + ".ready"), "");
            Files.writeString(data.resolve("postmaster.pid"), "1\n" + data + "\n1700000000\n");
            Files.writeString(data.resolve("pg_wal/00000002.history"), "1\t0/1000028\tno recovery target specified\n");
            Files.writeString(data.resolve("recovery.signal"), "");
            Files.writeString(data.resolve("postgresql.conf"), "# nothing\n");
            Files.writeString(data.resolve("postgresql.auto.conf"), "recovery_target_timeline = 'latest'\n");
            Files.writeString(data.resolve("postmaster.opts"), "postgres \"-D\" \"" + data + "\"\n");
            Path repository = ground.resolve("repository");
            Path inBucket = ground.resolve("bucket");
            makeRepository(repository);
            makeRepository(inBucket);
            TrainCommands training = new TrainCommands(home, time, ground, repository);
            training.run("", LOCAL);
            training.publish();
            boolean withServer;
            try (ExecutorService beside = Executors.newSingleThreadExecutor()) {
                Future<Boolean> commands = beside.submit(() -> RehearsedCommands.train(home));
                try (TrainingBucket bucket = TrainingBucket.of(inBucket, ground, TrainingBucket.Keeping.DOCUMENTS)) {
                    training.run("-s3", "repositories = ['bucket', 'local']\n" + bucket.table("bucket"));
                }
                Path overSsh = ground.resolve("over-ssh");
                makeRepository(overSsh);
                if (training.reachesWithoutLogin()) {
                    training.run(
                            "-sftp",
                            "repositories = ['remote', 'local']\n[repository.remote]\nurl = 'sftp://training" + overSsh
                                    + "'\n");
                }
                withServer = commands.get();
            }
            if (!withServer) {
                // What all commands of people have in common: options, configuration, catalog, tables.
                training.configure("", LOCAL);
                training.train("Main", 0, training.cache("command"), "list-backup");
            }
            training.publish();
            return withServer;
        } finally {
            TemporaryTree.delete(ground);
        }
    }

    private static void makeRepository(Path directory) throws IOException {
        FileSystemStoreProvider provider = new FileSystemStoreProvider();
        provider.createRoot(directory.toUri(), Map.of());
        Repository.create(provider.open(directory.toUri(), Map.of()), Clock.systemUTC())
                .register(
                        new ClusterIdentity(
                                new ClusterName("main"),
                                new SystemIdentifier(SYSTEM),
                                new WalSegmentSize(SEGMENT_BYTES),
                                PAGE_BYTES,
                                18),
                        Clock.systemUTC());
    }

    private void configure(String suffix, String repositories) throws IOException {
        Files.writeString(
                configuration(),
                "[host]\nspool = '" + ground.resolve("spool" + suffix) + "'\n[repository.local]\nurl = '"
                        + repository.toUri() + "'\n[cluster.main]\ndata-directory = '" + ground.resolve("data") + "'\n"
                        + repositories);
    }

    /** @param repositories the end of the configuration, with those that the cluster uses */
    private void run(String suffix, String repositories) throws IOException, InterruptedException {
        configure(suffix, repositories);
        // The first of each writes the cached form of the configuration, which the usual start reads.
        TimeUnit.SECONDS.sleep(3);
        train(List.of(), "wal-push", "pg_wal/" + SEGMENT);
        for (Path written : List.of(repository, ground.resolve("over-ssh"))) {
            Path wal = written.resolve("main").resolve(Long.toString(SYSTEM)).resolve("wal");
            if (Files.exists(wal)) {
                TemporaryTree.delete(wal);
            }
        }
        train(cache("wal-push" + suffix), "wal-push", "pg_wal/" + SEGMENT);
        // Each recovery ends with a segment and a history that are absent.
        train(
                "wal.WalRehearsal",
                65,
                cache("wal-fetch" + suffix),
                ("wal-fetch " + ABSENT_SEGMENT + " pg_wal/RECOVERYXLOG --timeline 2 --config " + configuration()
                                + " then wal-fetch 00000003.history pg_wal/RECOVERYHISTORY --timeline 2 --config "
                                + configuration() + " then wal-fetch " + SEGMENT
                                + " pg_wal/RECOVERYXLOG --timeline 2")
                        .split(" ", -1));
    }

    /**
     * Puts a program in the place of ssh that runs OpenSSH's server of SFTP on this host.
     *
     * @return whether this host has that server
     */
    private boolean reachesWithoutLogin() throws IOException {
        Optional<Path> server = sftpServer();
        if (server.isEmpty()) {
            System.err.println("no cache of classes for SFTP: this host has no sftp-server of OpenSSH");
            return false;
        }
        Path ssh = Files.createDirectories(programs()).resolve("ssh");
        Files.writeString(ssh, "#!/bin/sh\nexec " + server.get() + "\n");
        return ssh.toFile().setExecutable(true);
    }

    /** OpenSSH's server of SFTP on this host. */
    static Optional<Path> sftpServer() {
        return Stream.of("/usr/lib/openssh", "/usr/libexec/openssh", "/usr/lib/ssh")
                .map(place -> Path.of(place, "sftp-server"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private Path programs() {
        return ground.resolve("programs");
    }

    private Path configuration() {
        return ground.resolve("tidemark.toml");
    }

    /**
     * Not beside the jars: Java keeps a file of its own there while it writes, and {@code home} is copied meanwhile.
     */
    private List<String> cache(String name) {
        return intoCache(ground.resolve(name + ".aot"));
    }

    /** Moves the caches that are ready to their places, and puts the time of the build on all that are there. */
    private void publish() throws IOException {
        for (Path cache : files(ground, ".aot")) {
            Files.move(cache, home.resolve(cache.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
        for (Path cache : files(home, ".aot")) {
            Files.setLastModifiedTime(cache, time);
        }
    }

    /** Classes alone: profiles of methods make the JVM compile more than a short command needs. */
    static List<String> intoCache(Path file) {
        return List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTRecordTraining", "-XX:AOTCacheOutput=" + file);
    }

    private void train(List<String> options, String... arguments) throws IOException, InterruptedException {
        train("wal.WalMain", 65, options, arguments);
    }

    private void train(String main, int expected, List<String> options, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                home.resolve("runtime/bin/java").toString(),
                "-XX:+UseSerialGC",
                "-Xms48m",
                "-Xmx384m",
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.library.path=" + home.resolve("native"),
                "-DZstdNativePath=" + home.resolve("native/libzstd-jni.so")));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath(home), "org.tidemark.cli." + main));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--config", configuration().toString()));
        Path output = ground.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(ground.resolve("data").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("TIDEMARK_"));
        builder.environment().put("TIDEMARK_CALL", "the launcher's words");
        builder.environment().merge("PATH", programs().toString(), (path, first) -> first + ":" + path);
        builder.environment().put("XDG_STATE_HOME", ground.resolve("state").toString());
        builder.environment().put("TIDEMARK_STAYS", "yes");
        Process process = builder.start();
        endOnceItStays(process, output);
        int status = process.waitFor();
        if (status != expected) {
            throw new IOException(
                    String.join(" ", arguments) + " ended with " + status + ":\n" + Files.readString(output));
        }
    }

    /** A wal-push that has answered stays while its server runs, and archives what is ready. */
    private void endOnceItStays(Process process, Path output) throws IOException, InterruptedException {
        while (process.isAlive() && !Files.readString(output).contains("status 65")) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
        if (process.isAlive()) {
            TimeUnit.SECONDS.sleep(1);
            Path server = ground.resolve("data/postmaster.pid");
            String run = Files.readString(server);
            Files.delete(server);
            process.waitFor();
            Files.writeString(server, run);
        }
    }

    /** As the launcher names it: a cache is for one class path. */
    private static String classPath(Path home) throws IOException {
        return files(home.resolve("lib"), ".jar").stream().map(Path::toString).collect(Collectors.joining(":"));
    }

    private static List<Path> files(Path directory, String ending) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    private static byte[] controlFile() {
        ByteBuffer control = ByteBuffer.allocate(PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        control.putLong(0, SYSTEM).putInt(8, 1800).putInt(12, 202506291).putInt(16, IN_ARCHIVE_RECOVERY);
        control.putInt(48, TIMELINE)
                .putInt(52, TIMELINE)
                .putLong(64, 3)
                .putInt(204, 8)
                .putDouble(208, 1234567.0);
        control.putInt(216, PAGE_BYTES)
                .putInt(220, 131072)
                .putInt(224, PAGE_BYTES)
                .putInt(228, SEGMENT_BYTES);
        control.putInt(232, 64)
                .putInt(236, 32)
                .putInt(240, 1996)
                .putInt(244, 2048)
                .putInt(248, 1)
                .putInt(252, 1);
        CRC32C crc = new CRC32C();
        crc.update(control.array(), 0, 292);
        return control.putInt(292, (int) crc.getValue()).array();
    }

    /** A segment that ends with a switch: the rest is zeros. The other half is told from zeros by its noise. */
    private static byte[] segment(int number) {
        ByteBuffer segment = ByteBuffer.allocate(SEGMENT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        SplittableRandom random = new SplittableRandom(1);
        byte[] noise = new byte[PAGE_BYTES / 4];
        for (int at = 0; at < SEGMENT_BYTES / 2; at += PAGE_BYTES) {
            random.nextBytes(noise);
            segment.put(at + 64, noise);
            segment.putShort(at, (short) 0xD118)
                    .putShort(at + 2, (short) (at == 0 ? 6 : 4))
                    .putInt(at + 4, TIMELINE);
            segment.putLong(at + 8, (long) number * SEGMENT_BYTES + at);
        }
        return segment.putLong(24, SYSTEM)
                .putInt(32, SEGMENT_BYTES)
                .putInt(36, PAGE_BYTES)
                .array();
    }
}
