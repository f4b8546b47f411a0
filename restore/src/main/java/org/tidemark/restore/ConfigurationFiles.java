// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.DurableFile;
import org.tidemark.postgres.PostgresManifest;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.postgres.TablespaceMap;
import org.tidemark.restore.RestorePlan.Chosen;
import org.tidemark.restore.RestorePlan.TargetDirectory;

/**
 * Writes the files that make a copy recover: settings, into postgresql.auto.conf alone, since backup_manifest does not
 * list that; recovery.signal; backup_manifest; and the new places into tablespace_map, from which PostgreSQL makes the
 * links again. Everything is durable when it is written.
 */
final class ConfigurationFiles {
    private static final String TABLESPACE_MAP = "tablespace_map";

    private final TargetTree tree;
    private final FileOwner owner;

    ConfigurationFiles(TargetTree tree, FileOwner owner) {
        this.tree = tree;
        this.owner = owner;
    }

    void write(Chosen plan, RecoverySettings settings, byte[] postgresManifest) throws IOException {
        SettingsFile written = settings.writtenInto(autoConf());
        put(SettingsFile.AUTO_CONF, written.bytes());
        writeTablespaceMap(plan);
        put(PostgresManifest.PATH, postgresManifest);
        put("recovery.signal", new byte[0]);
    }

    private void writeTablespaceMap(Chosen plan) throws IOException {
        if (plan.directories().stream()
                .noneMatch(target -> target instanceof TargetDirectory.Tablespace of && of.moved())) {
            return;
        }
        List<TablespaceMap.Entry> entries = new ArrayList<>();
        for (TargetDirectory target : plan.directories()) {
            if (target instanceof TargetDirectory.Tablespace of) {
                entries.add(new TablespaceMap.Entry(
                        Long.parseLong(of.oid()), of.path().toString()));
            }
        }
        put(TABLESPACE_MAP, new TablespaceMap(entries).print().getBytes(StandardCharsets.UTF_8));
    }

    private SettingsFile autoConf() throws IOException {
        Path file = tree.resolve(SettingsFile.AUTO_CONF);
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                ? SettingsFile.read(file)
                : SettingsFile.empty(SettingsFile.AUTO_CONF);
    }

    private void put(String name, byte[] content) throws IOException {
        DurableFile.replace(tree.resolve(name), content, owner.with(0600));
    }
}
