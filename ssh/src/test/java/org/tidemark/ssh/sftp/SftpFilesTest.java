// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostFiles.OpenFile;
import org.tidemark.core.HostLostException;
import org.tidemark.core.SshDestination;
import org.tidemark.core.TimeLimits;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.SshLogin;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.HostFilesContract;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.NetworkFault.Ending;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.OperatingUser;

/** A real sshd with OpenSSH's SFTP server, which refuses every change, for an ordinary user if there is one. */
class SftpFilesTest extends HostFilesContract {
    private static final Duration ENOUGH = Duration.ofSeconds(30);

    @SuppressWarnings("NullAway.Init")
    private static OpenSshServer server;

    private final Path directory = server.newDirectory();
    private final HostFiles files = files(server.port(), TimeLimits.DEFAULTS);

    @BeforeAll
    static void start() {
        server = OperatingUser.current().name().equals("nobody")
                ? OpenSshServer.start(Serves.READ_ONLY_SFTP)
                : OpenSshServer.startAsOrdinaryUser(Serves.READ_ONLY_SFTP);
    }

    @AfterAll
    static void stop() {
        if (server != null) { // nothing, where the class was skipped
            server.close();
        }
    }

    @AfterEach
    void disconnect() {
        files.close();
    }

    private static HostFiles files(int port, TimeLimits limits) {
        return files(port, limits, server.knownHosts());
    }

    private static HostFiles files(int port, TimeLimits limits, Path knownHosts) {
        Map<String, Path> login = Map.of("key-file", server.clientKey(), "known-hosts", knownHosts);
        SshDestination destination = new SshDestination(Optional.of(server.user()), "127.0.0.1", OptionalInt.of(port));
        return new SftpFiles(
                new Ssh(
                        destination,
                        SshLogin.of(name -> Optional.ofNullable(login.get(name)), name -> Optional.empty()),
                        limits),
                2);
    }

    @Override
    protected HostFiles files() {
        return files;
    }

    @Override
    protected Path directory() {
        return directory;
    }

    @Override
    protected boolean isRoot() {
        return server.user().equals("root");
    }

    @Test
    void aFileIsLostWithItsConnectionAndTheNextQuestionOpensAnother() throws IOException {
        Path path = Files.writeString(directory.resolve("file"), "content");
        try (OpenFile file = files.open(path.toString())) {
            server.killSessions();

            assertThatThrownBy(() -> file.read(0, new byte[10], 0, 10))
                    .isInstanceOfSatisfying(
                            HostLostException.class,
                            e -> assertThat(e.isRefused()).isFalse())
                    .hasMessageContaining("the connection to " + server.user() + "@127.0.0.1");
            assertThatThrownBy(file::size).isInstanceOf(HostLostException.class);
        }
        assertThat(files.read(path.toString(), 100)).asString().isEqualTo("content");
    }

    @Test
    void aHostThatTakesFewConnectionsIsReadByThose() throws Exception {
        try (OpenSshServer few =
                OpenSshServer.start(Serves.READ_ONLY_SFTP, List.of("MaxStartups 2:100:2", "LoginGraceTime 5"))) {
            Map<String, Path> login = Map.of("key-file", few.clientKey(), "known-hosts", few.knownHosts());
            Path file = Files.writeString(few.newDirectory().resolve("file"), "content");
            try (HostFiles many = new SftpFiles(
                            new Ssh(
                                    new SshDestination(
                                            Optional.of(few.user()), "127.0.0.1", OptionalInt.of(few.port())),
                                    SshLogin.of(name -> Optional.ofNullable(login.get(name)), _ -> Optional.empty()),
                                    TimeLimits.DEFAULTS),
                            8);
                    ExecutorService threads = Executors.newFixedThreadPool(8)) {
                many.read(file.toString(), 100);
                CyclicBarrier allAreOpen = new CyclicBarrier(8);
                List<Future<byte[]>> reads = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    reads.add(threads.submit(() -> {
                        try (OpenFile open = many.open(file.toString())) {
                            allAreOpen.await(30, TimeUnit.SECONDS);
                            byte[] bytes = new byte[7];
                            assertThat(open.read(0, bytes, 0, 7)).isEqualTo(7);
                            return bytes;
                        }
                    }));
                }
                for (Future<byte[]> each : reads) {
                    assertThat(each.get()).asString().isEqualTo("content");
                }
            }
        }
    }

    @Test
    void aHostThatRefusesTheLoginIsSaidToRefuse() throws IOException {
        Path unknown = Files.createFile(directory.resolve("known_hosts"));
        try (HostFiles refused = files(server.port(), TimeLimits.DEFAULTS, unknown)) {
            assertThatThrownBy(() -> refused.stat("/etc"))
                    .isInstanceOfSatisfying(HostLostException.class, e -> {
                        assertThat(e.isRefused()).isTrue();
                        assertThat(e.hint()).isPresent();
                    })
                    .hasMessageContaining("no connection to ");
        }
    }

    @Test
    void aHostThatKeepsSilentIsLostAfterTheLimit() throws Exception {
        TimeLimits limits = new TimeLimits(Duration.ofSeconds(10), Duration.ofSeconds(4), Duration.ofSeconds(4));
        String line = server.knownHostsLine(server.hostKey()).replace("[127.0.0.1]:" + server.port(), "127.0.0.1");
        try (FaultProxy proxy = FaultProxy.to(server.port())) {
            Path knownHosts = Files.writeString(directory.resolve("known_hosts"), line);
            proxy.set(NetworkFault.cutDownAfter(20_000, Ending.SILENCE));
            try (HostFiles silent = files(proxy.port(), limits, knownHosts)) {
                assertThat(silent.stat("/")).isPresent();
                long begin = System.nanoTime();

                assertThatThrownBy(() -> {
                            while (true) {
                                silent.stat("/");
                            }
                        })
                        .isInstanceOf(HostLostException.class);
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(ENOUGH);
            }
        }
    }
}
