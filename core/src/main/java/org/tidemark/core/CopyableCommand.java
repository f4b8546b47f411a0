// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.ArrayList;
import java.util.List;

/**
 * A command of this program that is printed for people to copy. Its text quotes every argument for the shell. The
 * output that prints it adds the cluster, the configuration and the repositories of the running command. Immutable.
 *
 * @param words the name of the command and its arguments, not quoted
 */
public record CopyableCommand(List<String> words) {
    public CopyableCommand {
        words = List.copyOf(words);
        if (words.isEmpty()) {
            throw new IllegalArgumentException("a command without a name");
        }
    }

    public static CopyableCommand of(String... words) {
        return new CopyableCommand(List.of(words));
    }

    /** The same command with more arguments. */
    public CopyableCommand with(List<String> arguments) {
        List<String> all = new ArrayList<>(words);
        all.addAll(arguments);
        return new CopyableCommand(all);
    }

    /** The same command, with the option where the condition holds. */
    public CopyableCommand withIf(boolean condition, String option) {
        return condition ? with(List.of(option)) : this;
    }

    /** The line to copy: {@code tidemark delete before '2026-11-01 00:00:00Z'}. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder("tidemark");
        for (String word : words) {
            line.append(' ').append(ShellWord.quote(word));
        }
        return line.toString();
    }
}
