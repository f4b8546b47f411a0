// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.ControlFile;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** Files that are damaged are told, whatever is in them. */
class DamagedNamesTest {
    static List<PostgresBinaries> some() {
        return Rounds.oneOrAll(PostgresBinaries.embedded());
    }

    @ParameterizedTest
    @MethodSource("some")
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void damageIsToldAndNeverThrown(PostgresBinaries binaries) throws IOException, SQLException {
        Random random = Rounds.random();
        try (PostgresServer server = PostgresServer.of(binaries)
                .withTemplates()
                .setting("max_prepared_transactions", "9")
                .start()) {
            RandomDdl.prepare(server);
            try (RandomDdl ddl = new RandomDdl(server, random, "d", false)) {
                ddl.createDatabases();
                ddl.run(60);
            }
            server.stopFast();
            Path data = server.dataDirectory();
            ControlFile control = ControlFile.read(data);
            RelationNames whole = RelationNames.read(ClusterFiles.of(data), control, new Lsn(0));
            assertThat(whole.gaps()).isEmpty();

            int told = 0;
            int rounds = Rounds.of(150, 1500);
            for (int round = 0; round < rounds; round++) {
                ControlFile read = random.nextBoolean() ? control : DamagedFiles.withoutChecksums(control);
                RelationNames names =
                        RelationNames.read(DamagedFiles.damaged(ClusterFiles.of(data), random), read, new Lsn(0));
                told += names.gaps().isEmpty() ? 0 : 1;
                assertThat(names.relations().size())
                        .isLessThan(2 * whole.relations().size());
                names.named("pg_class");
            }
            assertThat(told).isGreaterThan(rounds / 2);

            RelationNames nothing = RelationNames.read(_ -> Optional.empty(), control, new Lsn(0));
            assertThat(nothing.relations()).isEmpty();
            assertThat(nothing.gaps())
                    .containsExactly(new RelationNames.Gap("global/pg_filenode.map", "the file is missing"));
        }
    }

    @Test
    void aNameIsReadAsInSql() {
        assertThat(QualifiedName.parse("Orders")).isEqualTo(name(null, null, "orders"));
        assertThat(QualifiedName.parse("Public.ORDERS")).isEqualTo(name(null, "public", "orders"));
        assertThat(QualifiedName.parse("\"A.b\".\"c\"\"D\"")).isEqualTo(name(null, "A.b", "c\"D"));
        assertThat(QualifiedName.parse("shop.public.Ärger")).isEqualTo(name("shop", "public", "Ärger"));
        for (String each : List.of("", ".", "a.", ".a", "a..b", "\"a", "a\"b\"", "\"\"", "a.b.c.d")) {
            assertThatIllegalArgumentException().as(each).isThrownBy(() -> QualifiedName.parse(each));
        }
    }

    private static QualifiedName name(@Nullable String database, @Nullable String schema, String name) {
        return new QualifiedName(Optional.ofNullable(database), Optional.ofNullable(schema), name);
    }
}
