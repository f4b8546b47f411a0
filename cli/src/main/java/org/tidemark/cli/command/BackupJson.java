// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.time.Instant;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.cli.output.Document;
import org.tidemark.operations.backups.ListedBackup;

/** A backup in JSON, the same in every command. */
final class BackupJson {
    private BackupJson() {}

    /** @param now the moment at which a keep must be in force to be shown */
    static Document of(ListedBackup listed, Instant now) {
        BackupRemarks remarks = BackupRemarks.of(listed, now);
        Document document = new Document()
                .put("id", listed.id().value())
                .put("type", listed.backup().map(BaseBackup::type))
                .put("state", listed.state())
                .put("systemIdentifier", listed.system().toString());
        listed.backup().ifPresent(backup -> describe(document, backup));
        return document.put("repositories", listed.repositories())
                .put("problems", remarks.problems())
                .put("notes", remarks.notes())
                .put("annotation", listed.annotation())
                .list("kept", listed.kept(now).entrySet())
                .each(each -> KeepText.json(new Document().put("repository", each.getKey()), each.getValue()))
                .list("verified", listed.verified().entrySet())
                .each(each -> new Document()
                        .put("repository", each.getKey())
                        .put("at", each.getValue().at())
                        .put("problems", each.getValue().problems())
                        .put("scope", each.getValue().scope()));
    }

    private static void describe(Document document, BaseBackup backup) {
        document.put("name", backup.name())
                .put("cluster", backup.origin().cluster().value())
                .put("postgresVersion", backup.origin().postgresVersion())
                .put("from", backup.run().from())
                .put("host", backup.run().host())
                .put("started", backup.run().started())
                .put("ended", backup.run().ended())
                .put("timeline", backup.wal().timeline().id())
                .put("startLsn", backup.wal().start().toString())
                .put("stopLsn", backup.wal().stop().toString())
                .put("walFirst", backup.walFirst().name())
                .put("walLast", backup.walLast().name())
                .put("files", backup.contents().files())
                .put("dataSize", backup.contents().dataSizeBytes())
                .put("storedSize", backup.contents().storedSizeBytes())
                .put("damagedPages", backup.contents().damagedPagesCount())
                .put("warnings", backup.run().warnings());
    }
}
