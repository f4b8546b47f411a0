// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.Environment;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.ShellWord;
import org.tidemark.session.Session;

/**
 * Command lines for PostgreSQL, cron and systemd, which do not have the environment of this shell. The counterpart for
 * people is {@link CopyableLines}.
 */
final class UnattendedLine {
    private UnattendedLine() {}

    /**
     * The line of a crontab, after the times: it works unchanged for this cluster, whatever else is configured later.
     */
    static String crontab(Session session, GlobalOptions global, Environment environment, String words) {
        StringBuilder line = new StringBuilder(ShellWord.quote(LauncherPath.absolute(environment)))
                .append(' ')
                .append(words);
        session.cluster().ifPresent(cluster -> line.append(" --cluster ").append(cluster.name()));
        configuration(environment, global)
                .ifPresent(file -> line.append(" --config ").append(ShellWord.quote(file.toString())));
        // Cron ends the line at a percent sign.
        return line.toString().replace("%", "\\%");
    }

    /**
     * The configuration file to name, if the program would not find it by itself: one of {@code --config}, of
     * TIDEMARK_CONFIG, or below XDG_CONFIG_HOME.
     */
    static Optional<Path> configuration(Environment environment, GlobalOptions global) {
        if (ConfigurationFiles.isNamed(environment, global.config())) {
            return Optional.of(
                    ConfigurationFiles.candidates(environment, global.config()).getFirst());
        }
        return environment
                .variable("XDG_CONFIG_HOME")
                .map(ignored -> ConfigurationFiles.user(environment))
                .filter(Files::exists);
    }
}
