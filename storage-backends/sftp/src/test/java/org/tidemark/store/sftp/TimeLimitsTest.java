// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.TimeLimits;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.sftp.Connection;
import org.tidemark.ssh.sftp.Sftp;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.NetworkFault.Ending;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;

/** Nothing waits beyond its limits, whichever side of the connection is stuck. */
@InTurn
class TimeLimitsTest {
    /** A login, and a sign of life, may take a while on a machine with other work. */
    private static final TimeLimits LIMITS =
            new TimeLimits(Duration.ofSeconds(30), Duration.ofSeconds(3), Duration.ofSeconds(8));

    private static final TimeLimits SHORT_LOGIN =
            new TimeLimits(Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofSeconds(5));
    private static final Duration ENOUGH = Duration.ofSeconds(60);

    private final OpenSshServer server = ServedStore.server();
    private final FaultProxy proxy = FaultProxy.to(server.port());

    @TempDir
    Path directory;

    private Path knownHosts = Path.of("/");
    private Path root = Path.of("/");

    @BeforeEach
    void prepare() throws Exception {
        String line = server.knownHostsLine(server.hostKey()).replace("[127.0.0.1]:" + server.port(), "127.0.0.1");
        knownHosts = Files.writeString(directory.resolve("known_hosts"), line);
        root = server.newDirectory();
    }

    @AfterEach
    void closeProxy() {
        proxy.close();
    }

    private ObjectStore store(int port, TimeLimits limits) {
        return ServedStore.open(server, port, root, knownHosts, limits);
    }

    @Test
    void aServerThatStopsReadingIsGivenUpAlsoWhereNothingCanBeWrittenAnyMore() {
        proxy.set(NetworkFault.cutUpAfter(1_000_000, Ending.SILENCE));
        try (ObjectStore store = store(proxy.port(), LIMITS)) {
            // More than the buffers of both systems take.
            assertTimeout(
                    ENOUGH,
                    () -> assertThatThrownBy(() -> put(store, "main/a", new byte[30_000_000]))
                            .isInstanceOf(StorageUnavailable.class)
                            .hasMessageContaining("the server sent nothing for"));
        }
    }

    @Test
    void aConnectionThatNobodyAnswersIsGivenUp() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                ObjectStore store = store(mute.getLocalPort(), SHORT_LOGIN)) {
            assertTimeout(
                    ENOUGH,
                    () -> assertThatThrownBy(() -> store.stat(key("a")))
                            .isInstanceOf(StorageUnavailable.class)
                            .hasMessageContaining("no connection to sftp://"));
        }
    }

    @Test
    void aServerThatLivesButDoesNotAnswerIsGivenUpAfterTheLimitOfARequest() throws Exception {
        try (OpenSshServer stuck = OpenSshServer.start(Serves.SFTP)) {
            Path pipes = stuck.newDirectory();
            Path pipe = pipes.resolve("pipe");
            assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                    .isZero();
            SftpConfig config = SftpConfig.parse(
                    ServedStore.address(stuck, stuck.port(), pipes), ServedStore.options(stuck, Map.of()));
            SftpConfig limited = ServedStore.withLimits(config, LIMITS);
            Connection connection = Connection.begin(
                    new Ssh(limited.server(), limited.login(), limited.limits()), Ssh.Connection.SHARED);
            Sftp sftp = new Sftp(connection, connection.awaitReady());

            // The server waits for a writer, and its sshd goes on to give signs of life.
            long begin = System.nanoTime();
            assertThatThrownBy(() -> sftp.openToRead(pipe.toString()).await())
                    .hasMessageContaining("no answer within 8 s");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(LIMITS.request(), ENOUGH);
            assertThat(connection.isBroken()).isTrue();
        }
    }

    @Test
    void whoIsInterruptedWhileTheServerKeepsSilentEndsAtOnceWithTheFlag() throws Exception {
        proxy.set(NetworkFault.cutDownAfter(20_000, Ending.SILENCE));
        TimeLimits patient = new TimeLimits(Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(5));
        try (ObjectStore store = store(proxy.port(), patient)) {
            CountDownLatch ended = new CountDownLatch(1);
            Thread waiting = Thread.ofPlatform().start(() -> {
                assertThatThrownBy(() -> {
                            while (true) {
                                store.stat(key("a"));
                            }
                        })
                        .isInstanceOf(StorageUnavailable.class)
                        .hasMessageContaining("interrupted");
                if (Thread.currentThread().isInterrupted()) {
                    ended.countDown();
                }
            });
            await().atMost(ENOUGH).until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
            waiting.interrupt();
            assertThat(ended.await(ENOUGH.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aConnectionThatRestsIsKeptAliveAndUsedAgain() throws Exception {
        try (ObjectStore store = store(proxy.port(), LIMITS)) {
            put(store, "main/a", new byte[1]);
            // Without a sign of life it would be abandoned after the limit of a read.
            Thread.sleep(LIMITS.read().multipliedBy(2));

            assertThat(store.stat(key("main/a"))).isPresent();
            assertThat(proxy.connections()).isEqualTo(1);
        }
    }
}
