// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.ShellWord;
import org.tidemark.postgres.SettingsFile;

/** How to restart one server, and no other on its host. */
public final class RestartCommand {
    /** Debian's directory for a cluster's configuration. */
    private static final Pattern DEBIAN = Pattern.compile(".*/etc/postgresql/([0-9.]+)/([^/]+)/postgresql\\.conf");

    private RestartCommand() {}

    /** A sentence without its full stop. */
    public static String of(ServerSettings server) {
        Optional<Matcher> debian = server.setting("config_file")
                .map(DEBIAN::matcher)
                .filter(Matcher::matches)
                .filter(found -> isOf(Path.of(found.group()), found, server.dataDirectory()));
        if (debian.isPresent()) {
            String version = debian.get().group(1);
            String cluster = debian.get().group(2);
            return "restart PostgreSQL, as root: systemctl restart postgresql@" + version + "-" + cluster
                    + " (without systemd: pg_ctlcluster " + version + " " + cluster + " restart)";
        }
        return "restart PostgreSQL by its service, or if it has none: pg_ctl -D "
                + server.dataDirectory()
                        .map(directory -> ShellWord.quote(directory.toString()))
                        .orElse("DATA-DIRECTORY")
                + " restart";
    }

    /** A restored copy may run with the original's configuration; the name then belongs to another server. */
    private static boolean isOf(Path configuration, Matcher found, Optional<Path> dataDirectory) {
        if (!Files.isReadable(configuration)) {
            return dataDirectory.isEmpty() || dataDirectory.get().endsWith(Path.of(found.group(1), found.group(2)));
        }
        try {
            Optional<Path> configured =
                    SettingsFile.read(configuration).value("data_directory").map(Path::of);
            return dataDirectory.isEmpty() || configured.equals(dataDirectory);
        } catch (IOException e) {
            return false;
        }
    }
}
