// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.backup.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.store.ObjectKey;

class IncarnationKeyTest {
    private static final String ID = "20261120T063011Z-2";

    @Test
    void everyKeyOfTheFormatSaysWhatItIs() {
        BackupId id = new BackupId(ID);

        assertThat(parse("cluster.json")).isEqualTo(new IncarnationKey.Cluster());
        assertThat(parse("wal/00000001/000000A9/00000001000000A900000065"))
                .isEqualTo(new IncarnationKey.Wal("00000001000000A900000065", ""));
        assertThat(parse("wal/00000001/000000A9/00000001000000A900000065.00000028.backup"))
                .isEqualTo(new IncarnationKey.Wal("00000001000000A900000065.00000028.backup", ""));
        assertThat(parse("wal/00000001/000000A9/00000001000000A900000065.partial-000000A965000000-0123456789abcdef"))
                .isEqualTo(new IncarnationKey.Wal("00000001000000A900000065.partial", "0123456789abcdef"));
        assertThat(parse("history/00000002.history")).isEqualTo(new IncarnationKey.History(new Timeline(2)));
        assertThat(parse("catalog/" + ID + "/intent.json")).isEqualTo(new IncarnationKey.IntentOf(id));
        assertThat(parse("catalog/" + ID + "/bundles")).isEqualTo(new IncarnationKey.BundlesOf(id));
        assertThat(parse("catalog/" + ID + "/backup.json")).isEqualTo(new IncarnationKey.BackupOf(id));
        assertThat(parse("backup/" + ID + "/bundle/000012")).isEqualTo(new IncarnationKey.Bundle(id, 12));
        assertThat(parse("backup/" + ID + "/manifest/000001")).isEqualTo(new IncarnationKey.ManifestPart(id, 1));
        assertThat(parse("backup/" + ID + "/backup_manifest")).isEqualTo(new IncarnationKey.PostgresManifest(id));
        assertThat(parse("mark/" + ID + "/000001.json")).isEqualTo(new IncarnationKey.MarkOf(id));
        assertThat(parse("mark/wal/000001.json")).isEqualTo(new IncarnationKey.MarkOfWal());
        assertThat(parse("mark/wal/000000.json")).isEqualTo(new IncarnationKey.Foreign());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "wal/00000001/000000A9/00000002000000A900000065",
                "wal/00000001/000000AA/00000001000000A900000065",
                "wal/00000000/000000A9/00000000000000A900000065",
                "wal/00000001/000000A9/00000001000000A900000065.partial",
                "wal/00000001/000000A9/x/00000001000000A900000065",
                "history/00000002.historyx",
                "history/00000000.history",
                "catalog/latest/backup.json",
                "catalog/" + ID + "/backup.json.tmp",
                "catalog/" + ID,
                "backup/" + ID + "/bundle/000000",
                "backup/" + ID + "/bundle/1",
                "backup/" + ID + "/bundle/x/000001",
                "backup/" + ID + "/bundle/000001.json",
                "mark/" + ID + "/000001",
            })
    void anyOtherKeyIsForeign(String key) {
        assertThat(parse(key)).isEqualTo(new IncarnationKey.Foreign());
    }

    private static IncarnationKey parse(String rest) {
        return IncarnationKey.parse(new ClusterName("main"), new SystemIdentifier(7), new ObjectKey("main/7/" + rest));
    }
}
