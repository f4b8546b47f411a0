// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;

/**
 * The log of this host. Immutable.
 *
 * @param level lines of a lower level are not written
 */
public record LogSettings(Destination to, Level level) {
    static final Level DEFAULT_LEVEL = Level.INFO;

    /** The destination of the log's lines. */
    public sealed interface Destination {}

    /** A file, to which every process appends. */
    public record LogFile(Path path) implements Destination {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** A service of the system, each with the program that hands lines to it, and the socket where it listens. */
    public enum Service implements Destination {
        SYSLOG("logger", Path.of("/dev/log")),
        JOURNAL("systemd-cat", Path.of("/run", "systemd", "journal", "stdout"));

        private final String program;
        private final Path socket;

        Service(String program, Path socket) {
            this.program = program;
            this.socket = socket;
        }

        public String program() {
            return program;
        }

        public Path socket() {
            return socket;
        }

        /** Returns the form that the configuration uses. */
        @Override
        public String toString() {
            return this == SYSLOG ? "syslog" : "journal";
        }
    }

    /** How much a line matters, the most important first. */
    public enum Level {
        ERROR(3),
        WARNING(4),
        INFO(6),
        DEBUG(7);

        private final int priority;

        Level(int priority) {
            this.priority = priority;
        }

        /** The number that syslog and the journal use. */
        public int priority() {
            return priority;
        }
    }
}
