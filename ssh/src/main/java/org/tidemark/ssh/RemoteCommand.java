// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What runs at the other end. */
public sealed interface RemoteCommand {
    /** A service of the server that has a name, such as {@code sftp}. */
    record Subsystem(String name) implements RemoteCommand {}

    /** A program with its arguments, each of which arrives as it is, whatever is in it. */
    record Program(List<String> words) implements RemoteCommand {
        public Program {
            words = List.copyOf(words);
            if (words.isEmpty()) {
                throw new IllegalArgumentException("no program");
            }
        }

        /** As the shell of the other side takes it: ssh sends one text, and that shell splits it. */
        String quoted() {
            return words.stream().map(RemoteCommand::quote).collect(Collectors.joining(" "));
        }
    }

    /** What no shell changes. */
    Pattern PLAIN = Pattern.compile("[A-Za-z0-9._+@%:,/-]+");

    /** One word for a shell of POSIX. */
    private static String quote(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
