// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The command to run on the remote host. */
public sealed interface RemoteCommand {
    /** A named subsystem of the server, such as {@code sftp}. */
    record Subsystem(String name) implements RemoteCommand {}

    /** A program with its arguments, which arrive unchanged, whatever characters they contain. */
    record Program(List<String> words) implements RemoteCommand {
        public Program {
            words = List.copyOf(words);
            if (words.isEmpty()) {
                throw new IllegalArgumentException("no program");
            }
        }

        /** The command line for the remote shell: ssh sends one text, and that shell splits it. */
        String quoted() {
            return words.stream().map(RemoteCommand::quote).collect(Collectors.joining(" "));
        }
    }

    /** A word that no shell changes. */
    Pattern PLAIN = Pattern.compile("[A-Za-z0-9._+@%:,/-]+");

    /** Quotes one word for a POSIX shell. */
    private static String quote(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
