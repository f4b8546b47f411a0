// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import picocli.CommandLine.Parameters;

/** The tasks that {@code pause} and {@code resume} name. */
final class PausedTasks {
    private static final String ALL = "all";

    @Parameters(
            paramLabel = "TASK",
            arity = "1..*",
            description = "backup, expire, verify, drill, or all for these four; several are separated by spaces")
    private List<String> names = new ArrayList<>();

    /** @throws UserFacingException with USAGE if there is no such task */
    Set<ScheduledTask> tasks() {
        Set<ScheduledTask> tasks = EnumSet.noneOf(ScheduledTask.class);
        for (String name : names) {
            if (name.equals(ALL)) {
                return EnumSet.allOf(ScheduledTask.class);
            }
            tasks.add(ScheduledTask.of(name)
                    .orElseThrow(() -> new UserFacingException(
                            ExitCode.USAGE,
                            "there is no task '" + name + "'",
                            "Name one or more of: backup, expire, verify, drill. 'all' means these four.")));
        }
        return tasks;
    }

    /** Such as {@code backup expire}. */
    static String arguments(Set<ScheduledTask> tasks) {
        return tasks.equals(EnumSet.allOf(ScheduledTask.class))
                ? ALL
                : String.join(" ", tasks.stream().map(Object::toString).toList());
    }

    /** Such as {@code backup and expire}. */
    static String text(Set<ScheduledTask> tasks) {
        List<String> names = tasks.stream().map(Object::toString).toList();
        return names.size() == 1
                ? names.getFirst()
                : String.join(", ", names.subList(0, names.size() - 1)) + " and " + names.getLast();
    }
}
