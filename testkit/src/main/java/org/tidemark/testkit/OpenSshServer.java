// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * OpenSSH's sshd on a port of the loopback interface, with a host key, a client key and a known_hosts file of its own.
 * It serves the user whom this process runs as, root or not, unless a test asks for an ordinary one. Everything is in a
 * temporary directory that {@link #close} removes. Not thread-safe.
 */
public final class OpenSshServer implements AutoCloseable {
    private static final String INSTALL = "apt-get install openssh-server openssh-client";
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Path sshd = RequiredServer.program("sshd", INSTALL);
    private final Path directory;
    private final int port = FreePort.next();
    private final List<String> wrapper;
    private final OperatingUser user;
    private BackgroundServer process;

    /** What a client gets that logs in. */
    public enum Serves {
        /** SFTP and nothing else, whatever command the client asks for. */
        SFTP("ForceCommand internal-sftp"),
        /** SFTP whose every change is refused. */
        READ_ONLY_SFTP("ForceCommand internal-sftp -R"),
        /** Any command of the client's, such as rsync; and SFTP. */
        SHELL("# no ForceCommand");

        private final String line;

        Serves(String line) {
            this.line = line;
        }
    }

    private OpenSshServer(Serves serves, List<String> more, List<String> wrapper, OperatingUser user) {
        try {
            this.directory = TestDirectories.create("tidemark-sshd").toRealPath();
            this.wrapper = wrapper;
            this.user = user;
            newKey(hostKey(), "ed25519", "");
            authorize(newKey(clientKey(), "ed25519", ""));
            Files.writeString(knownHosts(), knownHostsLine(hostKey()));
            if (user().equals("root")) {
                Files.createDirectories(Path.of("/run/sshd"));
            }
            Files.write(configuration(), lines(serves, more));
            user.own(directory);
            this.process = startProcess();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts one, and waits until it serves. */
    public static OpenSshServer start(Serves serves) {
        return start(serves, List.of());
    }

    /**
     * Starts one that is configured otherwise.
     *
     * @param more lines of sshd_config, instead of those here that set the same
     */
    public static OpenSshServer start(Serves serves, List<String> more) {
        return start(serves, more, List.of());
    }

    /**
     * Starts one in surroundings of its own.
     *
     * @param wrapper the beginning of a command that runs the rest of it, such as {@code unshare --mount}
     */
    public static OpenSshServer start(Serves serves, List<String> more, List<String> wrapper) {
        return new OpenSshServer(serves, more, wrapper, new OperatingUser(System.getProperty("user.name"), false));
    }

    /** Starts one that serves a user who is not root, so that rights can be lacking; skipped where there is none. */
    public static OpenSshServer startAsOrdinaryUser(Serves serves) {
        OperatingUser user = OperatingUser.current();
        if (user.name().equals("nobody")) {
            throw RequiredServer.missing("there is no user to log in as but root", "useradd --create-home postgres");
        }
        return new OpenSshServer(serves, List.of(), user.command(List.of()), user);
    }

    /** The same, or none where there is no sshd or no user, for tests that have more to do than that. */
    public static Optional<OpenSshServer> ofOrdinaryUser(Serves serves) {
        try {
            return Optional.of(startAsOrdinaryUser(serves));
        } catch (TestAbortedException e) {
            return Optional.empty();
        }
    }

    private List<String> lines(Serves serves, List<String> more) {
        List<String> lines = new ArrayList<>(more);
        Set<String> set = more.stream().map(OpenSshServer::keyword).collect(Collectors.toSet());
        Stream.of(
                        "ListenAddress 127.0.0.1",
                        "Port " + port,
                        "HostKey " + hostKey(),
                        "PidFile " + directory.resolve("pid"),
                        "AuthorizedKeysFile " + directory.resolve("authorized_keys"),
                        "StrictModes no",
                        "UsePAM no",
                        "PermitRootLogin yes",
                        "PubkeyAuthentication yes",
                        "PasswordAuthentication no",
                        "KbdInteractiveAuthentication no",
                        "AllowTcpForwarding no",
                        "X11Forwarding no",
                        "PermitTTY no",
                        "UseDNS no",
                        "MaxStartups 200",
                        "MaxSessions 200",
                        "MaxAuthTries 20",
                        "LogLevel VERBOSE",
                        "Subsystem sftp internal-sftp",
                        serves.line)
                .filter(line -> !set.contains(keyword(line)))
                .forEach(lines::add);
        return lines;
    }

    /** Of most keywords the first line counts, of MaxStartups the last. */
    private static String keyword(String line) {
        return line.split(" ", 2)[0];
    }

    private BackgroundServer startProcess() {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(
                List.of(sshd.toString(), "-D", "-e", "-f", configuration().toString()));
        // Since 9.8 a client whose logins fail is shut out for a while, which tests of failures are not about.
        List<String> lenient = List.of("-o", "PerSourcePenalties=no");
        List<String> probe = new ArrayList<>(
                List.of(sshd.toString(), "-t", "-f", configuration().toString()));
        probe.addAll(lenient);
        if (Commands.status(probe) == 0) {
            command.addAll(lenient);
        }
        return BackgroundServer.start(command, directory.resolve("log"), Map.of())
                .awaitPort(port, START_LIMIT)
                // It listens first, and says who it is then.
                .await("has a process id", () -> listener().isPresent(), START_LIMIT);
    }

    public int port() {
        return port;
    }

    /** The user who can log in, with {@link #clientKey}. */
    public String user() {
        return user.name();
    }

    /** A private key, without a passphrase, that the server accepts. */
    public Path clientKey() {
        return directory.resolve("client_key");
    }

    public Path hostKey() {
        return directory.resolve("host_key");
    }

    /** Names the server's host key, for {@code 127.0.0.1} and its port alone. */
    public Path knownHosts() {
        return directory.resolve("known_hosts");
    }

    /** A new, empty directory that clients can write to. */
    public Path newDirectory() {
        try {
            Path data = Files.createTempDirectory(directory, "data");
            user.own(data);
            return data;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Makes a key pair.
     *
     * @param type such as {@code rsa}
     * @param passphrase empty for none
     * @return the public key's file
     */
    public static Path newKey(Path privateKey, String type, String passphrase) {
        String program = RequiredServer.program("ssh-keygen", INSTALL).toString();
        Commands.run(List.of(program, "-q", "-t", type, "-N", passphrase, "-C", "a test", "-f", privateKey.toString()));
        return publicKey(privateKey);
    }

    /**
     * Writes a configuration of ssh that logs in here, with copies of the key and the host key, for
     * {@link OperatingUser#current()}.
     *
     * @param directory gets a new directory with these files
     * @return the configuration
     */
    public Path writeClientConfiguration(Path directory) throws IOException {
        Path login = Files.createTempDirectory(directory, "login");
        Path key = Files.copy(clientKey(), login.resolve("key"));
        Path known = Files.copy(knownHosts(), login.resolve("known_hosts"));
        Path configuration = Files.writeString(
                login.resolve("ssh.conf"),
                "IdentityFile " + key + "\nIdentitiesOnly yes\nUserKnownHostsFile " + known + "\n");
        OperatingUser.current().own(login);
        return configuration;
    }

    /** Allows logins with the private key. */
    public void authorize(Path publicKey) throws IOException {
        Files.writeString(
                directory.resolve("authorized_keys"),
                "restrict " + Files.readString(publicKey),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    /** What a known_hosts file says of this server, if it had this key. */
    public String knownHostsLine(Path privateKey) throws IOException {
        String[] parts = Files.readString(publicKey(privateKey)).split(" ", 3);
        return "[127.0.0.1]:" + port + " " + parts[0] + " " + parts[1] + "\n";
    }

    private static Path publicKey(Path privateKey) {
        return privateKey.resolveSibling(privateKey.getFileName() + ".pub");
    }

    /** Ends the connections that stand, as a crash does; new ones are taken. */
    public void killSessions() {
        listener().stream().flatMap(ProcessHandle::descendants).toList().forEach(ProcessHandle::destroyForcibly);
    }

    /** Ends the server and every connection; {@link #startAgain} brings it back on the same port. */
    public void stop() {
        killSessions();
        // Not left to its wrapper, which may not pass the signal on.
        listener().ifPresent(ProcessHandle::destroy);
        process.close();
    }

    private Optional<ProcessHandle> listener() {
        Path file = directory.resolve("pid");
        try {
            String pid = Files.exists(file) ? Files.readString(file) : "";
            return pid.endsWith("\n") ? ProcessHandle.of(Long.parseLong(pid.strip())) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void startAgain() {
        process = startProcess();
    }

    /** Gives the server a new host key, as after a reinstallation; takes effect at the next start. */
    public void changeHostKey() throws IOException {
        Path other = directory.resolve("other_host_key");
        newKey(other, "ed25519", "");
        Files.move(other, hostKey(), StandardCopyOption.REPLACE_EXISTING);
        Files.move(publicKey(other), publicKey(hostKey()), StandardCopyOption.REPLACE_EXISTING);
        user.own(directory);
    }

    /** Everything that it printed. */
    public String log() {
        return process.log();
    }

    @Override
    public void close() {
        stop();
        TemporaryTree.delete(directory);
    }

    private Path configuration() {
        return directory.resolve("sshd_config");
    }
}
