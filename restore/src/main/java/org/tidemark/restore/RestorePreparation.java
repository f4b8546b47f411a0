// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BackupId;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.restore.RestorePlan.Chosen;

/** Everything that comes before the first byte: reads the catalogue, plans, and looks at the target host. */
public final class RestorePreparation {
    private final ClusterArchive archive;
    private final BackupCatalog backups;
    private final TargetInspector inspector;

    public RestorePreparation(ClusterArchive archive, BackupCatalog backups) {
        this.archive = archive;
        this.backups = backups;
        this.inspector = new TargetInspector();
    }

    /** The plan with all its problems; nothing is written. */
    public PreparedRestore prepare(RestoreRequest request) throws IOException {
        RestorePlan plan = new RestorePlanner()
                .plan(
                        request,
                        CatalogueReader.read(archive.repository().store().description(), archive, backups.list()));
        return switch (plan) {
            case RestorePlan.NothingFits nothing ->
                new PreparedRestore(archive.identity(), nothing, Optional.empty(), Optional.empty());
            case Chosen chosen -> {
                BaseBackup backup = backups.read(new BackupId(chosen.backup().id()));
                TargetFacts facts = inspector.inspect(chosen);
                Map<String, String> settings = OutsideSettings.read(new BackupFileReader(backups, backup));
                ServerStart start = ServerStart.find(
                        Path.of("/"),
                        chosen.backup().postgresMajor(),
                        settings,
                        chosen.request().directory());
                yield new PreparedRestore(
                        archive.identity(),
                        Preflight.check(chosen, facts).with(OutsideSettings.of(settings, start)),
                        Optional.of(backup),
                        Optional.of(facts),
                        start,
                        NextSteps.Program.PLAIN);
            }
        };
    }
}
