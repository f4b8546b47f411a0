// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Set;
import org.tidemark.core.ExitCode;

/** The parts of {@code --help} besides the options; every command has them. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Help {
    Group group();

    /** Without the program's name: {@code backup [--type auto|full] [--name TEXT]}. */
    String[] synopsis();

    /** Command lines to copy. */
    String[] examples();

    /** What the command works with: its statuses are those of the command too. */
    Uses[] uses() default {};

    /** The other statuses that matter for this command; 70 and 75 can always happen. */
    ExitCode[] statuses();

    /** What many commands work with. */
    enum Uses {
        REPOSITORY,
        POSTGRES;

        /** How this can fail. */
        public Set<ExitCode> statuses() {
            return switch (this) {
                case REPOSITORY ->
                    Set.of(
                            ExitCode.STORE_UNAVAILABLE,
                            ExitCode.STORE_DENIED,
                            ExitCode.NO_REPOSITORY,
                            ExitCode.OTHER_REPOSITORY);
                case POSTGRES -> Set.of(ExitCode.POSTGRES_UNAVAILABLE, ExitCode.POSTGRES_REFUSED);
            };
        }
    }

    /** The parts of the list of commands. */
    enum Group {
        START("Start"),
        WAL("WAL"),
        BACKUPS("Backups"),
        RESTORE("Restore"),
        RETENTION("Retention"),
        RUN("Run");

        private final String title;

        Group(String title) {
            this.title = title;
        }

        /** As the help prints it. */
        public String title() {
            return title;
        }
    }
}
