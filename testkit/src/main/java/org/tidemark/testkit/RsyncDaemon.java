// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A real rsync daemon on the loopback interface, with modules that allow this and that on one directory. It answers
 * without the pauses of delayed acknowledgements. Not thread-safe.
 */
public final class RsyncDaemon implements AutoCloseable {
    public static final String USER = "keeper";
    public static final String PASSWORD = "of-the-daemon-7Q";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Path home;
    private final int port;
    private final BackgroundServer server;

    private RsyncDaemon(Path home, int port, BackgroundServer server) {
        this.home = home;
        this.port = port;
        this.server = server;
    }

    /** What a module allows. */
    public enum Module {
        WRITABLE("writable", "read only = no"),
        READ_ONLY("readonly", "read only = yes"),
        WRITE_ONLY("writeonly", "read only = no\nwrite only = yes"),
        NO_DELETE("nodelete", "read only = no\nrefuse options = delete"),
        /** Says that this host may not come. */
        CLOSED("closed", "read only = no\nhosts deny = *");

        private final String text;
        private final String settings;

        Module(String text, String settings) {
            this.text = text;
            this.settings = settings;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** Starts it; its files, and below {@code data} those of the modules, are in an existing directory. */
    public static RsyncDaemon start(Path home) {
        return start(home, List.of());
    }

    /**
     * Starts one that is configured otherwise.
     *
     * @param more lines of its configuration, such as further modules
     */
    public static RsyncDaemon start(Path home, List<String> more) {
        Path program = RequiredServer.program("rsync", "apt-get install rsync");
        int port = FreePort.next();
        try {
            Files.createDirectories(home.resolve("data"));
            Path secrets = home.resolve("secrets");
            Files.writeString(secrets, USER + ":" + PASSWORD + "\n");
            Files.setPosixFilePermissions(secrets, PosixFilePermissions.fromString("rw-------"));
            Path configuration = home.resolve("rsyncd.conf");
            Files.write(configuration, configuration(home, port, more));
            BackgroundServer server = BackgroundServer.start(
                    List.of(
                            program.toString(),
                            "--daemon",
                            "--no-detach",
                            "--sockopts=TCP_NODELAY",
                            "--config=" + configuration),
                    home.resolve("output"),
                    Map.of());
            return new RsyncDaemon(home, port, server.awaitPort(port, START_LIMIT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> configuration(Path home, int port, List<String> more) {
        List<String> lines = new ArrayList<>(List.of(
                "address = 127.0.0.1",
                "port = " + port,
                "pid file = " + home.resolve("pid"),
                "log file = " + home.resolve("log"),
                "transfer logging = yes",
                "log format = %o %f %l",
                "lock file = " + home.resolve("lock"),
                "use chroot = no",
                "munge symlinks = no",
                "reverse lookup = no",
                "max connections = 0"));
        if (System.getProperty("user.name").equals("root")) {
            lines.addAll(List.of("uid = root", "gid = root"));
        }
        for (Module module : Module.values()) {
            lines.add("[" + module + "]");
            lines.add("path = " + home.resolve("data"));
            lines.add("auth users = " + USER);
            lines.add("secrets file = " + home.resolve("secrets"));
            lines.add(module.settings);
        }
        lines.addAll(more);
        return lines;
    }

    public int port() {
        return port;
    }

    /** The directory of all modules. */
    public Path data() {
        return home.resolve("data");
    }

    /** Kills what serves the connections of this moment, so that nothing can clean up. */
    public void killConnections() {
        try {
            String pid = Files.readString(home.resolve("pid")).strip();
            ProcessHandle.of(Long.parseLong(pid)).stream()
                    .flatMap(ProcessHandle::descendants)
                    .toList()
                    .forEach(ProcessHandle::destroyForcibly);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it wrote of its connections, and a line such as {@code send place/key 17} of each file that went over. */
    public String log() {
        try {
            Path log = home.resolve("log");
            return (Files.exists(log) ? Files.readString(log) : "") + server.log();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
