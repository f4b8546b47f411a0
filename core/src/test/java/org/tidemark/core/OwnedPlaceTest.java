// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.OwnedPlace.Kind;
import org.tidemark.core.OwnedPlace.Relation;

class OwnedPlaceTest {
    @TempDir
    private Path home;

    private OwnedPlace repository(String name) {
        return new OwnedPlace(Kind.REPOSITORY, "repository 'local'", home.resolve(name));
    }

    @Test
    void aPathIsEqualToOrInOrAroundIt() throws IOException {
        OwnedPlace place = repository("a/b");
        for (boolean exists : new boolean[] {false, true}) {
            if (exists) {
                Files.createDirectories(home.resolve("a/b/c"));
            }
            assertThat(place.relationOf(home.resolve("a/b"))).contains(Relation.EQUAL);
            assertThat(place.relationOf(home.resolve("a/x/../b/."))).contains(Relation.EQUAL);
            assertThat(place.relationOf(home.resolve("a/b/c/d"))).contains(Relation.INSIDE);
            assertThat(place.relationOf(home.resolve("a"))).contains(Relation.AROUND);
            assertThat(place.relationOf(home.resolve("a/bc"))).isEmpty();
            assertThat(place.relationOf(home.resolve("b"))).isEmpty();
        }
    }

    @Test
    void aLinkIsWhereItLeads() throws IOException {
        Files.createDirectories(home.resolve("disk/repository"));
        Files.createSymbolicLink(home.resolve("link"), home.resolve("disk"));
        Files.createSymbolicLink(home.resolve("direct"), home.resolve("link/repository"));

        assertThat(repository("disk/repository").relationOf(home.resolve("link/repository/new/data")))
                .contains(Relation.INSIDE);
        assertThat(repository("direct").relationOf(home.resolve("disk/repository")))
                .contains(Relation.EQUAL);
        assertThat(repository("direct").relationOf(home.resolve("link"))).contains(Relation.AROUND);
        assertThat(repository("direct").relationOf(home.resolve("link/other"))).isEmpty();
    }
}
