// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.SshDestination;
import org.tidemark.core.TimeLimits;
import org.tidemark.ssh.RemoteCommand.Program;
import org.tidemark.ssh.Ssh.Connection;
import org.tidemark.ssh.SshException.Kind;
import org.tidemark.store.StoreOptions;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;

/** The machine's ssh and a real sshd. */
class SshTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @SuppressWarnings("NullAway.Init")
    private static OpenSshServer server;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() {
        server = OpenSshServer.start(Serves.SHELL, List.of("SetEnv SHLVL=2"));
    }

    @AfterAll
    static void stop() {
        if (server != null) { // nothing, where the class was skipped
            server.close();
        }
    }

    private static SshLogin login(Map<String, String> more) {
        Map<String, String> options = new HashMap<>(Map.of(
                "key-file", server.clientKey().toString(),
                "known-hosts", server.knownHosts().toString()));
        options.putAll(more);
        StoreOptions given = new StoreOptions(options, name -> Optional.empty());
        return SshLogin.of(given::path, name -> given.secret(name, "NONE_" + name));
    }

    private static SshDestination destination() {
        return new SshDestination(Optional.of(server.user()), "127.0.0.1", OptionalInt.of(server.port()));
    }

    private static Ssh ssh(Map<String, String> more) {
        return new Ssh(destination(), login(more), TimeLimits.DEFAULTS);
    }

    private static String run(Ssh ssh, Connection connection, String... words) throws IOException {
        try (SshSession session = ssh.open(new Program(List.of(words)), connection)) {
            session.remoteInput().close();
            String printed = new String(session.remoteOutput().readAllBytes(), UTF_8);
            assertThat(session.await(SOON)).isZero();
            return printed;
        }
    }

    @Test
    void aProgramRunsWithItsWordsInputAndStatus() throws Exception {
        Ssh ssh = ssh(Map.of());

        assertThat(run(ssh, Connection.OWN, "printf", "<%s>", "a b", "$HOME", "it's"))
                .isEqualTo("<a b><$HOME><it's>");
        try (SshSession session = ssh.open(new Program(List.of("sh", "-c", "cat; exit 7")), Connection.OWN)) {
            session.remoteInput().write("through".getBytes(UTF_8));
            session.remoteInput().close();
            assertThat(session.remoteOutput().readAllBytes()).asString(UTF_8).isEqualTo("through");
            assertThat(session.await(SOON)).isEqualTo(7);
        }
    }

    @Test
    void aSharedConnectionServesLaterSessionsByASocketThatItsOwnerAloneCanReach() throws Exception {
        // Another file, so that no other test has made this connection.
        Path known = Files.copy(server.knownHosts(), directory.resolve("known"));
        Ssh ssh = ssh(Map.of("known-hosts", known.toString()));
        String first = run(ssh, Connection.SHARED, "sh", "-c", "echo $SSH_CONNECTION");
        Path socket = ssh.socket().orElseThrow();

        assertThat(run(ssh, Connection.SHARED, "sh", "-c", "echo $SSH_CONNECTION"))
                .isEqualTo(first);
        assertThat(run(ssh, Connection.OWN, "sh", "-c", "echo $SSH_CONNECTION")).isNotEqualTo(first);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket.getParent())))
                .isEqualTo("rwx------");
        assertThat(socket.toString().length() + 17).isLessThan(104);

        ssh.leaveShared();
        assertThat(run(ssh, Connection.SHARED, "sh", "-c", "echo $SSH_CONNECTION"))
                .isNotEqualTo(first);
        ssh.leaveShared();
    }

    @Test
    void whoChangesWhatAConnectionStandsForGetsAnother() throws Exception {
        Path known = Files.copy(server.knownHosts(), directory.resolve("known"));
        Optional<Path> socket = ssh(Map.of("known-hosts", known.toString())).socket();

        assertThat(ssh(Map.of("known-hosts", known.toString())).socket()).isEqualTo(socket);
        assertThat(ssh(Map.of()).socket()).isNotEqualTo(socket);
        assertThat(ssh(Map.of("known-hosts", known.toString(), "password-command", "echo x"))
                        .socket())
                .isNotEqualTo(socket);
        Files.writeString(known, "");
        assertThat(ssh(Map.of("known-hosts", known.toString())).socket()).isNotEqualTo(socket);
    }

    @Test
    void aDirectoryThatOthersCouldChangeHoldsNoSockets() throws Exception {
        ControlSockets sockets = new ControlSockets(directory);
        Path own = sockets.socket(List.of("a"), login(Map.of())).orElseThrow().getParent();

        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(sockets.socket(List.of("a"), login(Map.of()))).isEmpty();

        Files.delete(own);
        Path elsewhere = Files.createDirectory(
                directory.resolve("elsewhere"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createSymbolicLink(own, elsewhere);
        assertThat(sockets.socket(List.of("a"), login(Map.of()))).isEmpty();

        Path deep = Files.createDirectories(directory.resolve("d".repeat(80)));
        assertThat(new ControlSockets(deep).socket(List.of("a"), login(Map.of())))
                .isEmpty();
    }

    @Test
    void noConfigurationOfSshSwitchesTheCheckOfTheHostKeyOff() throws Exception {
        Path configuration = Files.writeString(directory.resolve("ssh_config"), """
                Host *
                    NoHostAuthenticationForLocalhost yes
                    VerifyHostKeyDNS yes
                    StrictHostKeyChecking no
                    BatchMode no
                    RemoteCommand id
                    ForwardAgent yes
                    PermitLocalCommand yes
                """);
        List<String> command =
                ssh(Map.of("ssh-config", configuration.toString())).command(Connection.SHARED);
        command.addAll(List.of("-G", "127.0.0.1"));

        Process ssh = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String settings = new String(ssh.getInputStream().readAllBytes(), UTF_8);

        assertThat(ssh.waitFor()).isZero();
        assertThat(settings.lines())
                .contains(
                        "stricthostkeychecking true",
                        "verifyhostkeydns false",
                        "nohostauthenticationforlocalhost no",
                        "batchmode yes",
                        "forwardagent no",
                        "permitlocalcommand no")
                .doesNotContain("remotecommand id");
    }

    @Test
    void withoutSshTheMessageSaysWhatToInstall() {
        Ssh missing = new Ssh(directory.resolve("ssh").toString(), destination(), login(Map.of()), TimeLimits.DEFAULTS);

        assertThatThrownBy(() -> missing.open(new Program(List.of("id")), Connection.SHARED))
                .isInstanceOfSatisfying(SshException.class, e -> {
                    assertThat(e.kind()).isEqualTo(Kind.REFUSED);
                    assertThat(e.hint())
                            .hasValueSatisfying(hint -> assertThat(hint)
                                    .contains("apt-get install openssh-client")
                                    .contains("dnf install openssh-clients"));
                })
                .hasMessageContaining("is it installed?");
    }

    @Test
    void aServerThatIsNotThereIsUnreachedAndSaysWhy() throws Exception {
        SshDestination nobody =
                new SshDestination(Optional.of(server.user()), "127.0.0.1", OptionalInt.of(FreePort.next()));
        Ssh ssh = new Ssh(nobody, login(Map.of()), TimeLimits.DEFAULTS);

        try (SshSession session = ssh.open(new Program(List.of("id")), Connection.SHARED)) {
            assertThatThrownBy(() -> session.await(SOON))
                    .isInstanceOfSatisfying(SshException.class, e -> {
                        assertThat(e.kind()).isEqualTo(Kind.UNREACHED);
                        assertThat(e.hint())
                                .hasValueSatisfying(
                                        hint -> assertThat(hint).startsWith("Nothing listens at that port"));
                    })
                    .hasMessageContaining("Connection refused");
        }
    }

    @Test
    void aProgramThatTakesTooLongIsEnded() throws Exception {
        try (SshSession session = ssh(Map.of()).open(new Program(List.of("sleep", "600")), Connection.OWN)) {
            assertThatThrownBy(() -> session.await(Duration.ofMillis(300)))
                    .hasMessageContaining("did not end within 1 s");
        }
        await("no ssh is left")
                .atMost(SOON)
                .until(() -> ProcessHandle.current()
                        .descendants()
                        .noneMatch(process ->
                                process.info().commandLine().orElse("").contains("sleep 600")));
    }

    @Test
    void anSshWhoseProcessDiedEndsWithIt() throws Exception {
        List<String> command = ssh(Map.of()).command(Connection.OWN);
        command.addAll(List.of("-l", server.user(), "--", "127.0.0.1", "cat"));
        Process ssh = new ProcessBuilder(command).start();
        await("it stands").atMost(SOON).until(() -> server.log().contains("Starting session: command"));

        // The end of the pipe is all that a process which dies leaves to its ssh.
        ssh.getOutputStream().close();

        assertThat(ssh.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
}
