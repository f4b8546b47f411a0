// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.ClusterName;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.ShellWord;
import org.tidemark.core.Timeline;

/**
 * The restore_command that a restored cluster is given. Immutable.
 *
 * @param text the command with the placeholders {@code %f} and {@code %p}
 */
public record RestoreCommand(String text) {
    private static final Pattern PLACEHOLDER = Pattern.compile("%[fp%]");

    /**
     * Fetches from the repositories.
     *
     * @param launcher the absolute path of the program
     * @param timeline the number of the target timeline; empty for a standby that follows its primary to any timeline
     * @param repositories names or addresses, in the order in which they are asked
     * @param privateKeys absolute paths of the key files that were named; never the keys themselves
     * @param configuration the file, if one was named
     */
    public static RestoreCommand fetching(
            String launcher,
            Optional<Timeline> timeline,
            RecoveryTarget target,
            ClusterName cluster,
            List<String> repositories,
            List<Path> privateKeys,
            Optional<Path> configuration) {
        StringBuilder text = new StringBuilder(ShellWord.quoteForServer(launcher)).append(" wal-fetch %f %p");
        timeline.ifPresent(each -> text.append(" --timeline ").append(each));
        text.append(" --target ")
                .append(target.kind().word())
                .append(" --cluster ")
                .append(cluster);
        for (String repository : repositories) {
            text.append(" --repository ").append(ShellWord.quoteForServer(repository));
        }
        for (Path file : privateKeys) {
            text.append(" --decrypt-with ").append(ShellWord.quoteForServer(file.toString()));
        }
        configuration.ifPresent(file -> text.append(" --config ").append(ShellWord.quoteForServer(file.toString())));
        return new RestoreCommand(text.toString());
    }

    /** The command for one file, without placeholders. */
    public String forFile(String file, String path) {
        // From left to right, as PostgreSQL does: a path may itself contain what looks like a placeholder.
        return PLACEHOLDER
                .matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(
                        switch (found.group()) {
                            case "%f" -> file;
                            case "%p" -> path;
                            default -> "%";
                        }));
    }
}
