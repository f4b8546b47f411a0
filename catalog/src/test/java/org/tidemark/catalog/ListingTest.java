// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.Rounds;

class ListingTest {
    private final MemoryStore store = new MemoryStore(Samples.CLOCK);
    private final Random random = Rounds.random();
    private final TreeSet<ObjectKey> keys = new TreeSet<>();

    /** More than two pages. */
    @BeforeEach
    void fill() throws IOException {
        while (keys.size() < 2 * ObjectStore.MAX_PAGE + 100) {
            keys.add(key(random.nextInt(10_000)));
        }
        for (ObjectKey key : keys) {
            store.putIfAbsent(key, ObjectSource.of(new byte[0]));
        }
        store.putIfAbsent(new ObjectKey("other/a"), ObjectSource.of(new byte[0]));
    }

    private static ObjectKey key(int number) {
        return new ObjectKey("main/" + (10_000 + number));
    }

    @Test
    void everyObjectBelowThePrefixComesOnceAndInOrder() throws IOException {
        assertThat(rest(Listing.of(store, "main/"))).containsExactlyElementsOf(keys);
        assertThat(rest(Listing.of(store, "none/"))).isEmpty();

        List<ObjectKey> visited = new ArrayList<>();
        Listing.visit(store, "main/", object -> visited.add(object.key()));
        assertThat(visited).containsExactlyElementsOf(keys);
    }

    @Test
    void afterAKeyComesWhatIsGreaterWhetherOrNotTheKeyExists() throws IOException {
        for (int round = 0; round < 5; round++) {
            ObjectKey after = key(random.nextInt(10_000));
            assertThat(rest(Listing.after(after, store, "main/")))
                    .as("%s", after)
                    .containsExactlyElementsOf(keys.tailSet(after, false));
        }
    }

    @Test
    void keysThatAreAskedForInRisingOrderAreFoundIfTheyExist() throws IOException {
        Listing listing = Listing.of(store, "main/");
        for (int number = random.nextInt(3); number < 10_000; number += 1 + random.nextInt(3)) {
            ObjectKey key = key(number);
            assertThat(listing.find(key).map(ObjectInfo::key))
                    .isEqualTo(Optional.of(key).filter(keys::contains));
        }
        assertThat(listing.find(key(10_000))).isEmpty();
        assertThat(listing.next()).isNull();
    }

    @Test
    void whatWasFoundIsTheNextOne() throws IOException {
        Listing listing = Listing.of(store, "main/");
        ObjectKey third = keys.stream().skip(2).findFirst().orElseThrow();

        assertThat(listing.find(third)).isPresent();
        assertThat(listing.find(third)).isPresent();
        assertThat(rest(listing)).containsExactlyElementsOf(keys.tailSet(third, true));
    }

    private static List<ObjectKey> rest(Listing listing) throws IOException {
        List<ObjectKey> rest = new ArrayList<>();
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            rest.add(object.key());
        }
        return rest;
    }
}
