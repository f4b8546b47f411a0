// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.owner;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.ShellWord;
import org.tidemark.core.ShortProgram;
import org.tidemark.core.SystemUser;
import org.tidemark.core.UserFacingException;

/**
 * Runs root's command as the owner of the files that it works with, by starting the launcher again. PostgreSQL's
 * archive_command could neither read nor extend files that root creates in a repository or a spool. Any other user is
 * told what to type.
 */
public final class OwnersRun {
    private static final String LAUNCHER = "TIDEMARK_LAUNCHER";
    /** Commands that would create files in another user's repository, if its mode allows that. */
    private static final Set<String> WRITING = Set.of(
            "backup",
            "sync",
            "init",
            "keep",
            "annotate",
            "keys",
            "expire",
            "delete",
            "cron",
            "serve",
            "pause",
            "resume",
            "wal-receive",
            "wal-resolve");

    private final Environment environment;
    private final List<String> arguments;
    private final Invocation invocation;

    public OwnersRun(Environment environment, String... arguments) {
        this.environment = environment;
        this.arguments = List.of(arguments);
        this.invocation = Invocation.of(this.arguments);
    }

    /**
     * Runs the command as its owner, and waits for its end.
     *
     * @return its exit status; empty if this user is the owner, and nothing was run
     * @throws UserFacingException if this user may not run it, and cannot run it as its owner
     */
    public OptionalInt ofMain() throws IOException {
        // Without the launcher (in tests) no second run is possible.
        if (environment.variable(LAUNCHER).isEmpty() || invocation.isWithoutFiles()) {
            return OptionalInt.empty();
        }
        if (mayBeNeeded()) {
            return handOver();
        }
        if (WRITING.contains(invocation.command())) {
            refuseForeign();
        }
        return OptionalInt.empty();
    }

    /** Whether this is root, by one cheap check for WAL commands. Root may have another name, or none. */
    public static boolean mayBeNeeded() {
        return SystemUser.currentUid() == 0;
    }

    /** As {@link #ofMain}, for a WAL command; PostgreSQL itself always calls it as the owner. */
    public OptionalInt ofWalCommand() throws IOException {
        return mayBeNeeded() && environment.variable(LAUNCHER).isPresent() ? handOver() : OptionalInt.empty();
    }

    private OptionalInt handOver() throws IOException {
        DataOwner data = new DataOwner(invocation, environment);
        Optional<SystemUser> owner = data.find();
        if (owner.isEmpty()) {
            return OptionalInt.empty();
        }
        SystemUser user = owner.get();
        refuseService(user);
        requireRunnable(user);
        try (Groundwork _ = Groundwork.prepare(invocation, environment, user, data.repositoryDirectories())) {
            return OptionalInt.of(run(user));
        }
    }

    /** systemd hears and watches the process alone that it has started. */
    private void refuseService(SystemUser user) {
        if (invocation.command().equals("serve")
                && environment.variable("NOTIFY_SOCKET").isPresent()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "a service starts 'tidemark serve' as root, but it runs as '" + user.name() + "'",
                    "Write User=" + user.name() + " below [Service] in the unit of the service. See"
                            + " docs/backup/serve.md.");
        }
    }

    private List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(environment.variable(LAUNCHER).orElseThrow());
        command.addAll(arguments);
        return command;
    }

    private String typed(SystemUser user) {
        return "sudo -u " + (user.named() ? user.name() : "#" + user.uid()) + " "
                + String.join(" ", command().stream().map(ShellWord::quote).toList());
    }

    private void requireRunnable(SystemUser user) throws IOException {
        String launcher = command().getFirst();
        List<String> test = user.running(List.of("test", "-x", launcher));
        ShortProgram check;
        try {
            check = ShortProgram.run(new ProcessBuilder(test).redirectErrorStream(true));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserFacingException(ExitCode.INTERRUPTED, "interrupted", "Nothing was done; run it again.", e);
        } catch (IOException e) {
            throw cannotBecome(user, String.valueOf(e.getMessage()), e);
        }
        if (check.status() != 0 && !check.output().isEmpty()) {
            throw cannotBecome(user, check.output(), null);
        }
        if (check.status() != 0) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "this command runs as '" + user.name() + "', who is not allowed to run '" + launcher + "'",
                    "Install Tidemark where every user can read it, such as /opt/tidemark: PostgreSQL runs it as '"
                            + user.name() + "' as well.");
        }
    }

    private UserFacingException cannotBecome(SystemUser user, String why, @Nullable Throwable cause) {
        return new UserFacingException(
                ExitCode.USAGE,
                "this command runs as '" + user.name() + "', but root could not switch to that user: " + why,
                "Run it as that user: " + typed(user),
                cause);
    }

    private int run(SystemUser user) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(user.running(command())).inheritIO();
        Map<String, String> variables = builder.environment();
        keepConfiguration(variables);
        variables.put("HOME", user.home().toString());
        variables.put("USER", user.name());
        variables.put("LOGNAME", user.name());
        // Root's own directories, which the commands that PostgreSQL runs do not use either.
        variables.remove("XDG_STATE_HOME");
        variables.remove("TIDEMARK_PARENT");
        variables.remove("TIDEMARK_CALL");
        Process process = builder.start();
        boolean asked = false;
        while (true) {
            try {
                return process.waitFor();
            } catch (InterruptedException e) {
                // It has the usual time of every command to clean up.
                if (!asked) {
                    process.destroy();
                    asked = true;
                }
            }
        }
    }

    /** A configuration of root's own applies to the other user too, or is refused there, but never ignored. */
    private void keepConfiguration(Map<String, String> variables) {
        Path own = ConfigurationFiles.user(environment);
        Path directory = own.getParent();
        boolean named = ConfigurationFiles.isNamed(environment, invocation.configuration());
        if (!named && Files.exists(own) && directory != null && directory.getParent() != null) {
            variables.put("XDG_CONFIG_HOME", directory.getParent().toString());
        } else {
            variables.remove("XDG_CONFIG_HOME");
        }
    }

    private void refuseForeign() {
        DataOwner data = new DataOwner(invocation, environment);
        int present = SystemUser.currentUid();
        Optional<SystemUser> owner = data.find().filter(user -> user.uid() != present);
        if (owner.isEmpty()) {
            return;
        }
        for (Path directory : data.repositoryDirectories()) {
            if (SystemUser.ownerOf(directory)
                    .filter(user -> user.uid() != present)
                    .isPresent()) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "this command writes to '" + directory + "', which belongs to '"
                                + SystemUser.ownerOf(directory).orElseThrow().name() + "', but runs as '"
                                + SystemUser.current() + "'",
                        "Run it as that user: " + typed(owner.get()));
            }
        }
    }
}
