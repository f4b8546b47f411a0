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
import org.tidemark.core.SshDestination;
import org.tidemark.core.SystemUser;
import org.tidemark.core.TimeLimits;
import org.tidemark.ssh.SshException.Kind;

/**
 * Runs this host's ssh program against one destination. Every option that matters for safety is on the command line,
 * which overrides the configuration files of ssh. Thread-safe.
 */
public final class Ssh {
    /** An idle shared connection ends after this time: twice the common archive_timeout of one minute. */
    private static final int SHARED_IDLE_SECONDS = 120;

    /** The variables that ssh and the programs of its configuration need; other variables may contain secrets. */
    private static final List<String> PASSED_ON =
            List.of("PATH", "HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "KRB5CCNAME", "KRB5_CONFIG");

    /** Where programs may run if the temporary directory forbids it. */
    private static final Path MEMORY = Path.of("/dev/shm");

    private static final Path HOME = SystemUser.currentHome();

    private final String program;
    private final SshDestination destination;
    private final SshLogin login;
    private final TimeLimits limits;
    private final Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    private final ControlSockets sockets = new ControlSockets(temporary);

    /** Whether processes share a connection. */
    public enum Connection {
        /**
         * One connection for all processes of this user. The first process opens it; it outlives that process, and ends
         * some time after its last use.
         */
        SHARED,
        /** A separate connection, which ends with its session. */
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

    public TimeLimits limits() {
        return limits;
    }

    /** Whole seconds, at least 1, rounded up, as ssh and rsync expect them. */
    public static long seconds(Duration duration) {
        return Math.max(1, duration.plusMillis(999).toSeconds());
    }

    /**
     * The command line of ssh up to the host; no word of it contains a space.
     *
     * @throws SshException if a file of the options does not exist or cannot be read
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

    /** The socket of shared connections; empty if they cannot be shared safely. */
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
        // With these options, ssh's configuration could accept a host whose key is in no file.
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
        // Each of these would take the input or the output away; before 8.7 ssh does not know them.
        command.addAll(List.of(
                "-oIgnoreUnknown=StdinNull,SessionType,ForkAfterAuthentication",
                "-oStdinNull=no",
                "-oForkAfterAuthentication=no"));
        command.addAll(List.of(
                "-oConnectionAttempts=1",
                "-oConnectTimeout=" + seconds(limits.connect()),
                // ssh ends the connection after two intervals without an answer.
                "-oServerAliveInterval=" + seconds(limits.read().dividedBy(2)),
                "-oServerAliveCountMax=1"));
        return command;
    }

    /** The environment of ssh: the variables that it needs, and those that prevent prompts. */
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
     * Removes the socket of the shared connection, which may be dead. Its current users keep it; the next process opens
     * a new connection.
     */
    public void leaveShared() {
        try {
            Optional<Path> socket = socket();
            if (socket.isPresent()) {
                Files.deleteIfExists(socket.get());
            }
        } catch (IOException e) {
            // The next process may wait for its time limit.
        }
    }

    /**
     * Starts a session. A refusal by the server shows when the session is used. The caller closes the session.
     *
     * @throws SshException if ssh cannot be started
     */
    public SshSession open(RemoteCommand what, Connection connection) throws SshException {
        return open(what, connection, List.of());
    }

    /**
     * Starts a session that a signal for the processes of a terminal does not reach: Ctrl-C there ends this process,
     * and not ssh before it.
     */
    public SshSession openApart(RemoteCommand what) throws SshException {
        return open(what, Connection.OWN, List.of("setsid"));
    }

    private SshSession open(RemoteCommand what, Connection connection, List<String> wrapper) throws SshException {
        List<String> command = new ArrayList<>(wrapper);
        // The debug output has facts for messages, such as the fingerprint of a host key.
        command.addAll(command(connection, "DEBUG1"));
        destination.user().ifPresent(user -> command.addAll(List.of("-l", user)));
        switch (what) {
            case RemoteCommand.Subsystem subsystem ->
                command.addAll(List.of("-s", "--", destination.host(), subsystem.name()));
            case RemoteCommand.Program run ->
                command.addAll(List.of("-oSessionType=default", "--", destination.host(), run.quoted()));
        }
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(Path.of("/").toFile());
        Map<String, String> environment = environment(System.getenv());
        @Nullable Askpass askpass = null;
        try {
            if (login.hasSecret()) {
                askpass = Askpass.prepare(List.of(temporary, MEMORY, HOME), login);
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
