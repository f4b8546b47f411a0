// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.Map;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.core.UtcTime;
import org.tidemark.operations.backups.ListedBackup;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A backup in JSON, the same in every command. */
final class BackupJson {
    private BackupJson() {}

    /** @param verified when and with what result, by repository */
    static void fill(ObjectNode node, ListedBackup listed, Map<String, Mark.Verified> verified) {
        node.put("id", listed.id().value());
        listed.backup().ifPresent(backup -> node.put("type", backup.type().toString()));
        node.put("state", listed.state().toString());
        node.put("systemIdentifier", listed.system().toString());
        listed.backup().ifPresent(backup -> describe(node, backup));
        listed.backup()
                .ifPresent(backup ->
                        strings(node.putArray("warnings"), backup.run().warnings()));
        strings(node.putArray("repositories"), listed.repositories());
        strings(node.putArray("problems"), listed.problems());
        strings(node.putArray("notes"), listed.notes());
        ArrayNode marks = node.putArray("verified");
        verified.forEach((repository, mark) -> marks.addObject()
                .put("repository", repository)
                .put("at", UtcTime.iso(mark.at()))
                .put("problems", mark.problems())
                .put("scope", mark.scope().toString()));
    }

    private static void describe(ObjectNode node, BaseBackup backup) {
        backup.name().ifPresent(name -> node.put("name", name));
        node.put("cluster", backup.origin().cluster().value())
                .put("postgresVersion", backup.origin().postgresVersion())
                .put("from", backup.run().from().toString())
                .put("host", backup.run().host())
                .put("started", UtcTime.iso(backup.run().started()))
                .put("ended", UtcTime.iso(backup.run().ended()))
                .put("timeline", backup.wal().timeline().id())
                .put("startLsn", backup.wal().start().toString())
                .put("stopLsn", backup.wal().stop().toString())
                .put("walFirst", backup.walFirst().name())
                .put("walLast", backup.walLast().name())
                .put("files", backup.contents().files())
                .put("dataSize", backup.contents().dataSizeBytes())
                .put("storedSize", backup.contents().storedSizeBytes())
                .put("damagedPages", backup.contents().damagedPagesCount());
    }

    private static void strings(ArrayNode array, Iterable<String> values) {
        values.forEach(array::add);
    }
}
