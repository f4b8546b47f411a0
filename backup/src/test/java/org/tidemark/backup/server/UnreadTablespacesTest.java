// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tidemark.backup.server.ListedTablespaces.RelationOfTablespace;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.TablespaceInfo;

class UnreadTablespacesTest {
    private static final long FAST = 16384;
    private static final long APP = 16400;
    private static final RelationOfTablespace ORDERS = new RelationOfTablespace(FAST, APP, 16410);
    private static final List<TablespaceInfo> LOCATIONS = List.of(new TablespaceInfo(FAST, "/mnt/fast", 0));

    private static ListedTablespaces listed(Set<Long> defaults, Set<RelationOfTablespace> relations) {
        return listed(defaults, relations, Map.of());
    }

    private static ListedTablespaces listed(
            Set<Long> defaults, Set<RelationOfTablespace> relations, Map<String, String> unasked) {
        return new ListedTablespaces(Map.of(FAST, "fast"), defaults, Map.of(APP, "app"), relations, unasked);
    }

    private static UnreadTablespaces unread(List<Long> tablespaces, List<RelationOfTablespace> relations) {
        return new UnreadTablespaces(listed(Set.of(), Set.of(ORDERS)), tablespaces, relations);
    }

    private static void assertFails(UnreadTablespaces unread, Optional<ListedTablespaces> after, String... told) {
        assertThatThrownBy(() -> unread.judge(after, LOCATIONS))
                .isInstanceOfSatisfying(UserFacingException.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(ExitCode.BACKUP_FAILED);
                    assertThat(e.getMessage()).contains(told);
                    assertThat(e.hint()).contains("'/mnt/fast'");
                });
    }

    @Test
    void aTablespaceWithARelationFails() {
        assertFails(
                unread(List.of(FAST), List.of(ORDERS)),
                Optional.of(listed(Set.of(), Set.of(ORDERS))),
                "tablespace 'fast' was not read",
                "'/mnt/fast'");
    }

    @Test
    void aTablespaceInWhichADatabaseIsFails() {
        assertFails(
                unread(List.of(FAST), List.of()),
                Optional.of(listed(Set.of(1663L, FAST), Set.of())),
                "tablespace 'fast' was not read");
    }

    @Test
    void aTablespaceThatNothingUsesIsAWarning() {
        assertThat(unread(List.of(FAST), List.of()).judge(Optional.of(listed(Set.of(1663L), Set.of())), LOCATIONS))
                .singleElement()
                .asString()
                .contains("'fast'", "'/mnt/fast'", "Nothing is lost");
    }

    @Test
    void aTablespaceThatADatabaseMayUseWhichDoesNotAnswerFails() {
        assertFails(
                unread(List.of(FAST), List.of()),
                Optional.of(listed(Set.of(1663L), Set.of(), Map.of("app", "no entry in pg_hba.conf"))),
                "'fast'",
                "'app' could not be asked: no entry in pg_hba.conf");
    }

    /** Its disk went away after the first of its files was read. */
    @Test
    void aDatabaseOfWhichPostgresFindsNoFilesAfterTheCopyFails() {
        UnreadTablespaces none = unread(List.of(), List.of());

        assertThat(none.afterwards(Set.of(ORDERS.inDatabase())).isEmpty()).isTrue();
        UnreadTablespaces away = none.afterwards(Set.of());
        assertFails(away, Optional.of(listed(Set.of(), Set.of(ORDERS))), "'fast'", "'16400/16410'");
        assertThat(away.judge(Optional.of(listed(Set.of(), Set.of())), LOCATIONS))
                .as("it was dropped")
                .isEmpty();
    }

    @Test
    void whatWasDroppedMeanwhileIsNoLoss() {
        ListedTablespaces without =
                new ListedTablespaces(Map.of(), Set.of(1663L), Map.of(APP, "app"), Set.of(), Map.of());

        assertThat(unread(List.of(FAST), List.of(ORDERS)).judge(Optional.of(without), LOCATIONS))
                .isEmpty();
    }

    /** It existed before the copy, and nobody says that it does not any more. */
    @Test
    void whatNobodyCanBeAskedOfAfterTheCopyIsALoss() {
        assertFails(unread(List.of(FAST), List.of()), Optional.empty(), "'fast'");
        assertFails(unread(List.of(), List.of(ORDERS)), Optional.empty(), "'app'");
    }

    @Test
    void aRelationThatIsStillThereFailsInATablespaceThatWasRead() {
        assertFails(
                unread(List.of(), List.of(ORDERS)),
                Optional.of(listed(Set.of(), Set.of(ORDERS))),
                "database 'app'",
                "'fast'",
                "16400/16410");
    }

    /** Its file has another number now, which WAL has. */
    @Test
    void aRelationThatWasRewrittenMeanwhileIsNoLoss() {
        assertThat(unread(List.of(), List.of(ORDERS))
                        .judge(
                                Optional.of(listed(Set.of(), Set.of(new RelationOfTablespace(FAST, APP, 16499)))),
                                LOCATIONS))
                .isEmpty();
    }

    @Test
    void databasesThatCouldNotBeAskedAreNamedTogether() {
        ListedTablespaces before =
                listed(Set.of(), Set.of(), Map.of("a", "why", "b", "why", "c", "why", "d", "why", "e", "why"));

        assertThat(new UnreadTablespaces(before, List.of(), List.of()).uncompared())
                .hasValueSatisfying(warning -> assertThat(warning)
                        .contains("not compared", "5 databases", "'a'", "...")
                        .doesNotContain("'e'"));
    }
}
