// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.call;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget.Kind;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;

/**
 * The arguments of wal-push and wal-fetch. Immutable.
 *
 * @param files {@code %p} of wal-push, {@code %f} and {@code %p} of wal-fetch
 * @param timeline the target timeline of the recovery
 * @param target the kind of the recovery target
 * @param repositories names or addresses, in the order in which they are asked; empty for the configured ones
 * @param options all of them, as {@code --name=value}
 * @param decryptWith private key files, instead of the configured ones
 */
public record WalArguments(
        Command command,
        List<String> files,
        Optional<Timeline> timeline,
        Kind target,
        Unreachable unreachable,
        List<String> repositories,
        List<Path> decryptWith,
        Optional<ClusterName> cluster,
        Optional<Path> configuration,
        List<String> options) {

    public enum Command {
        PUSH("wal-push", "wal-push %p [--cluster NAME] [--repository NAME|URL]... [--config FILE]", 1),
        FETCH(
                "wal-fetch",
                "wal-fetch %f %p [--timeline N] [--target latest|immediate|time|lsn|xid|name]"
                        + " [--unreachable abort|retry] [--cluster NAME] [--repository NAME|URL]..."
                        + " [--decrypt-with FILE]... [--config FILE]",
                2),
        /** Started by wal-fetch: a segment that was delivered, or "-", and another "-". */
        PREFETCH("wal-prefetch", "wal-fetch %f %p", 2);

        private final String text;
        private final String synopsis;
        private final int files;

        Command(String text, String synopsis, int files) {
            this.text = text;
            this.synopsis = synopsis;
            this.files = files;
        }

        String synopsis() {
            return synopsis;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** What happens when a repository does not answer. */
    public enum Unreachable {
        /** The launcher decides by the state of PostgreSQL. */
        BY_CIRCUMSTANCES,
        /** PostgreSQL's recovery stops. */
        ABORT,
        /** Retry for at most a day; a standby retries by itself. */
        RETRY
    }

    /**
     * Reads the arguments: the command, and its options before or after it.
     *
     * @throws UserFacingException if the arguments are not those of a WAL command
     */
    public static WalArguments parse(String[] arguments) {
        int first = commandIndex(arguments);
        Command command = command(first < arguments.length ? arguments[first] : "");
        List<String> files = new ArrayList<>();
        List<String> repositories = new ArrayList<>();
        List<String> given = new ArrayList<>();
        List<Path> decryptWith = new ArrayList<>();
        Optional<Timeline> timeline = Optional.empty();
        Kind target = Kind.LATEST;
        Optional<ClusterName> cluster = Optional.empty();
        Optional<Path> configuration = Optional.empty();
        Unreachable unreachable = Unreachable.BY_CIRCUMSTANCES;
        for (int i = 0; i < arguments.length; i++) {
            if (i == first) {
                continue;
            }
            String argument = arguments[i];
            if (!argument.startsWith("--")) {
                files.add(argument);
                continue;
            }
            int equals = argument.indexOf('=');
            String option = equals < 0 ? argument : argument.substring(0, equals);
            if (equals < 0 && i + 1 == arguments.length) {
                throw usage(command, "option '" + option + "' needs a value");
            }
            String value = equals < 0 ? arguments[++i] : argument.substring(equals + 1);
            given.add(option + "=" + value);
            switch (option) {
                case "--repository" -> repositories.add(value);
                case "--decrypt-with" -> decryptWith.add(Path.of(value));
                case "--cluster" -> cluster = Optional.of(cluster(command, value));
                case "--config" -> configuration = Optional.of(Path.of(value));
                case "--timeline" -> timeline = Optional.of(timeline(command, value));
                case "--target" -> target = target(command, value);
                case "--unreachable" -> unreachable = unreachable(command, value);
                default -> throw usage(command, "unknown option '" + option + "'");
            }
        }
        if (files.size() != command.files) {
            throw usage(command, "expected " + (command.files == 1 ? "%p" : "%f and %p") + ", got " + files);
        }
        if (command == Command.PUSH && !decryptWith.isEmpty()) {
            throw usage(command, "option '--decrypt-with' belongs to wal-fetch: archiving needs no private key");
        }
        if (command == Command.PUSH && (timeline.isPresent() || unreachable != Unreachable.BY_CIRCUMSTANCES)) {
            throw usage(command, "options '--timeline' and '--unreachable' belong to wal-fetch");
        }
        return new WalArguments(
                command,
                files,
                timeline,
                target,
                unreachable,
                List.copyOf(repositories),
                List.copyOf(decryptWith),
                cluster,
                configuration,
                List.copyOf(given));
    }

    /** Each option here has a value. */
    private static int commandIndex(String[] arguments) {
        int index = 0;
        while (index < arguments.length && arguments[index].startsWith("--")) {
            index += arguments[index].indexOf('=') < 0 ? 2 : 1;
        }
        return index;
    }

    private static Command command(String text) {
        for (Command command : Command.values()) {
            if (command.text.equals(text)) {
                return command;
            }
        }
        throw new UserFacingException(ExitCode.USAGE, "not a WAL command: '" + text + "'", "Run: tidemark --help");
    }

    private static ClusterName cluster(Command command, String value) {
        try {
            return new ClusterName(value);
        } catch (IllegalArgumentException e) {
            throw usage(command, String.valueOf(e.getMessage()));
        }
    }

    private static Timeline timeline(Command command, String value) {
        try {
            return new Timeline(Integer.parseInt(value));
        } catch (IllegalArgumentException e) {
            throw usage(command, "not a timeline: '" + value + "'");
        }
    }

    private static Kind target(Command command, String value) {
        return Kind.of(value).orElseThrow(() -> usage(command, "not a kind of target: '" + value + "'"));
    }

    private static Unreachable unreachable(Command command, String value) {
        return switch (value) {
            case "abort" -> Unreachable.ABORT;
            case "retry" -> Unreachable.RETRY;
            default -> throw usage(command, "'--unreachable' must be abort or retry, not '" + value + "'");
        };
    }

    private static UserFacingException usage(Command command, String problem) {
        return new UserFacingException(ExitCode.USAGE, problem, "Usage: tidemark " + command.synopsis() + ".");
    }
}
