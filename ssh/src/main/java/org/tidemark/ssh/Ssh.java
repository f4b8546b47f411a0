// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tidemark.ssh.SshException.Kind;
import org.tidemark.store.TimeLimits;

/**
 * The machine's ssh, on its way to one host. What matters for safety is set on the command line, which goes before
 * every file of configuration. Thread-safe.
 */
public final class Ssh {
    /** A shared connection that nobody uses is given up after so long: twice the usual archive_timeout of a minute. */
    private static final int SHARED_IDLE_SECONDS = 120;

    /** What ssh, and programs that its configuration starts, need of our environment; the rest may hold secrets. */
    private static final List<String> PASSED_ON =
            List.of("PATH", "HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "KRB5CCNAME", "KRB5_CONFIG");

    private final String program;
    private final SshDestination destination;
    private final SshLogin login;
    private final TimeLimits limits;
    private final Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    private final ControlSockets sockets = new ControlSockets(temporary);

    /** Whose connection it is. */
    public enum Connection {
        /**
         * One for this user's processes together: who comes first makes it, it lives on without them, and ends some
         * time after the last use.
         */
        SHARED,
        /** One of its own, that ends with its session. */
        OWN
    }

    public Ssh(SshDestination destination, SshLogin login, TimeLimits limits) {
        this("ssh", destination, login, limits);
    }

    Ssh(String program, SshDestination destination, SshLogin login, TimeLimits limits) {
        this.program = program;
        this.destination = destination;
        this.login = login;
        this.limits = limits;
    }

    public SshDestination destination() {
        return destination;
    }

    /** In whole seconds, 1 or more, as ssh and rsync take them; rather too long than too short. */
    public static long seconds(Duration duration) {
        return Math.max(1, duration.plusMillis(999).toSeconds());
    }

    /**
     * The words to start ssh with, before the host; none of them holds a space.
     *
     * @throws SshException if a file that the options name is not there, or cannot be read
     */
    public List<String> command(Connection connection) throws SshException {
        return command(connection, "INFO");
    }

    private List<String> command(Connection connection, String logLevel) throws SshException {
        login.requireFiles();
        List<String> command = options();
        command.add("-oLogLevel=" + logLevel);
        Optional<Path> socket = connection == Connection.SHARED ? socket() : Optional.empty();
        command.addAll(
                socket.isPresent()
                        ? List.of(
                                "-oControlMaster=auto",
                                "-oControlPersist=" + SHARED_IDLE_SECONDS,
                                "-oControlPath=" + socket.get())
                        : List.of("-oControlMaster=no", "-oControlPath=none"));
        return command;
    }

    /** By which connections of this kind are shared; empty where that cannot be done safely. */
    Optional<Path> socket() {
        List<String> connection = options();
        connection.add(destination.toString());
        return sockets.socket(connection, login);
    }

    private List<String> options() {
        List<String> command = new ArrayList<>(List.of(program, "-T"));
        login.configuration().ifPresent(file -> command.addAll(List.of("-F", file.toString())));
        destination.port().ifPresent(port -> command.addAll(List.of("-p", Integer.toString(port))));
        login.keyFile().ifPresent(file -> command.addAll(List.of("-i", file.toString(), "-oIdentitiesOnly=yes")));
        login.agentSocket().ifPresent(socket -> command.add("-oIdentityAgent=" + socket));
        command.addAll(List.of(
                login.hasSecret() ? "-oBatchMode=no" : "-oBatchMode=yes",
                "-oNumberOfPasswordPrompts=1",
                "-oStrictHostKeyChecking=yes",
                "-oUpdateHostKeys=no"));
        // By which ssh's own configuration could let a host pass whose key no file names.
        command.addAll(List.of("-oNoHostAuthenticationForLocalhost=no", "-oVerifyHostKeyDNS=no"));
        login.knownHosts()
                .ifPresent(file ->
                        command.addAll(List.of("-oUserKnownHostsFile=" + file, "-oGlobalKnownHostsFile=/dev/null")));
        command.addAll(List.of(
                "-oClearAllForwardings=yes",
                "-oForwardAgent=no",
                "-oForwardX11=no",
                "-oPermitLocalCommand=no",
                "-oRemoteCommand=none",
                "-oAddKeysToAgent=no"));
        command.addAll(List.of(
                "-oConnectionAttempts=1",
                "-oConnectTimeout=" + seconds(limits.connect()),
                // Given up when nothing is heard for twice as long.
                "-oServerAliveInterval=" + seconds(limits.read().dividedBy(2)),
                "-oServerAliveCountMax=1"));
        return command;
    }

    /** What ssh needs of an environment, and what keeps it from asking anybody. */
    public static Map<String, String> environment(Map<String, String> ours) {
        Map<String, String> environment = new TreeMap<>();
        for (String name : PASSED_ON) {
            if (ours.containsKey(name)) {
                environment.put(name, ours.get(name));
            }
        }
        environment.put("LC_ALL", "C");
        Askpass.addNobodyTo(environment);
        return environment;
    }

    /**
     * Leaves the shared connection to those who use it: who comes next makes a new one, instead of waiting for one that
     * may be dead.
     */
    public void leaveShared() {
        try {
            Optional<Path> socket = socket();
            if (socket.isPresent()) {
                Files.deleteIfExists(socket.get());
            }
        } catch (IOException e) {
            // Then the next one waits as long as its limit.
        }
    }

    /**
     * Starts a session; whether the other side lets it, shows when it is used. It is to be closed.
     *
     * @throws SshException if ssh cannot be started
     */
    public SshSession open(RemoteCommand what, Connection connection) throws SshException {
        // It tells facts for messages, such as the fingerprint of a host key.
        List<String> command = command(connection, "DEBUG1");
        destination.user().ifPresent(user -> command.addAll(List.of("-l", user)));
        switch (what) {
            case RemoteCommand.Subsystem subsystem ->
                command.addAll(List.of("-s", "--", destination.host(), subsystem.name()));
            case RemoteCommand.Program run -> command.addAll(List.of("--", destination.host(), run.quoted()));
        }
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(Path.of("/").toFile());
        Map<String, String> environment = environment(System.getenv());
        @Nullable Askpass askpass = null;
        try {
            if (login.hasSecret()) {
                askpass = Askpass.prepare(temporary, login);
                askpass.addTo(environment);
            }
            builder.environment().clear();
            builder.environment().putAll(environment);
            Process process = start(builder);
            SshSession session =
                    new SshSession(process, new SshFailure(destination, login, new SshMessages()), askpass);
            if (askpass != null) {
                askpass.answerOnly(process.pid());
                askpass = null;
            }
            return session;
        } catch (IOException e) {
            throw e instanceof SshException known ? known : notStarted(e);
        } finally {
            if (askpass != null) {
                askpass.close();
            }
        }
    }

    private Process start(ProcessBuilder builder) throws SshException {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new SshException(
                    Kind.REFUSED,
                    "the program '" + program + "' could not be started: is it installed?",
                    "Install OpenSSH's client: apt-get install openssh-client, or dnf install openssh-clients.",
                    e);
        }
    }

    private static SshException notStarted(IOException cause) {
        return new SshException(
                Kind.UNREACHED, "ssh could not be prepared in the temporary directory: " + cause, null, cause);
    }
}
