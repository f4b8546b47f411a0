// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

class RepositoryTest {
    private static final ObjectKey TIDEMARK_JSON = new ObjectKey("tidemark.json");

    private final ObjectStore store = new MemoryStore(Samples.CLOCK);

    @Test
    void creatingARepositoryTwiceGivesTheSameOne() throws IOException {
        RepositoryId first = Repository.create(store, Samples.CLOCK).id();

        assertThat(Repository.create(store, Samples.CLOCK).id()).isEqualTo(first);
        assertThat(Repository.open(store, Optional.of(first)).id()).isEqualTo(first);
    }

    @Test
    void anEmptyStoreIsNoRepository() {
        assertFails(ExitCode.NO_REPOSITORY, () -> Repository.open(store, Optional.empty()));
    }

    @Test
    void anotherRepositoryThanBeforeIsRefused() throws IOException {
        Repository.create(store, Samples.CLOCK);

        assertFails(ExitCode.OTHER_REPOSITORY, () -> Repository.open(store, Optional.of(RepositoryId.random())));
    }

    @Test
    void aNewerFormatIsNotDamage() throws IOException {
        byte[] document = ChecksummedJson.write(Map.of("repositoryId", "x"));
        String newer =
                new String(document, StandardCharsets.UTF_8).replace("\"formatVersion\": 1", "\"formatVersion\": 2");
        String body = newer.substring(0, newer.indexOf("\"sha256\""));
        String seal = "\"sha256\": \"" + Sha256.of(body.getBytes(StandardCharsets.UTF_8)) + "\"}\n";
        store.putIfAbsent(TIDEMARK_JSON, ObjectSource.of((body + seal).getBytes(StandardCharsets.UTF_8)));

        assertFails(ExitCode.UNKNOWN_FORMAT, () -> Repository.open(store, Optional.empty()));
    }

    @Test
    void everyFlippedBitOfTheIdentityIsDamage() throws IOException {
        Repository.create(store, Samples.CLOCK);
        byte[] document = ChecksummedJson.fetch(store, TIDEMARK_JSON, ChecksummedJson.SMALL_BYTES);

        for (int bit = 0; bit < document.length * 8; bit++) {
            byte[] flipped = document.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            ObjectStore damaged = new MemoryStore(Samples.CLOCK);
            damaged.putIfAbsent(TIDEMARK_JSON, ObjectSource.of(flipped));
            assertFails(ExitCode.DAMAGED, () -> Repository.open(damaged, Optional.empty()));
        }
    }

    @Test
    void aRepositoryThatWasMadeForWhatIsEncryptedTakesNothingElseFromAnybody() throws IOException {
        Repository.create(store, Samples.CLOCK, WritePolicy.ENCRYPTED_ONLY);
        ObjectKey key = new ObjectKey("main/1/wal/x");

        ObjectStore ofAnyHost = Repository.open(store, Optional.empty()).store();

        assertFails(ExitCode.STORE_DENIED, () -> ofAnyHost.putIfAbsent(key, ObjectSource.of(new byte[100])));
        assertThat(store.stat(key)).isEmpty();
    }

    @Test
    void aRepositoryThatIsThereStaysAsItWasMade() throws IOException {
        Repository.create(store, Samples.CLOCK);

        Repository.create(store, Samples.CLOCK, WritePolicy.ENCRYPTED_ONLY)
                .store()
                .putIfAbsent(new ObjectKey("main/1/wal/x"), ObjectSource.of(new byte[100]));
    }

    @Test
    void whatOnlyANewerProgramKnowsToRefuseIsNotWritten() throws IOException {
        byte[] document = ChecksummedJson.write(
                Map.of("repositoryId", RepositoryId.random().value(), "accepts", "signed"));
        store.putIfAbsent(TIDEMARK_JSON, ObjectSource.of(document));

        assertFails(ExitCode.UNKNOWN_FORMAT, () -> Repository.open(store, Optional.empty()));
    }

    @Test
    void aRepositoryThatWasUnmountedIsNoticed() throws IOException {
        Repository repository = Repository.create(store, Samples.CLOCK);
        store.delete(List.of(TIDEMARK_JSON));

        assertFails(ExitCode.NO_REPOSITORY, repository::confirmPresent);
        assertFails(ExitCode.NO_REPOSITORY, repository::clusters);
        assertFails(ExitCode.NO_REPOSITORY, () -> repository.incarnations(new ClusterName("main")));
        assertFails(ExitCode.NO_REPOSITORY, () -> repository.incarnation(new ClusterName("main"), Samples.SYSTEM));
    }

    @Test
    void whatIsRegisteredIsFoundAgain() throws IOException {
        Repository repository = Repository.create(store, Samples.CLOCK);

        repository.register(Samples.IDENTITY, Samples.CLOCK);
        repository.register(Samples.IDENTITY, Samples.CLOCK);

        assertThat(repository
                        .incarnation(new ClusterName("main"), Samples.SYSTEM)
                        .orElseThrow()
                        .identity())
                .isEqualTo(Samples.IDENTITY);
        assertThat(repository.incarnation(new ClusterName("other"), Samples.SYSTEM))
                .isEmpty();
    }

    @Test
    void otherPropertiesOfARegisteredClusterAreRefused() throws IOException {
        Repository repository = Repository.create(store, Samples.CLOCK);
        repository.register(Samples.IDENTITY, Samples.CLOCK);
        ClusterIdentity other =
                new ClusterIdentity(Samples.IDENTITY.cluster(), Samples.SYSTEM, new WalSegmentSize(1 << 20), 8192, 15);

        assertFails(ExitCode.WRONG_CLUSTER, () -> repository.register(other, Samples.CLOCK));
    }

    @Test
    void clustersAreFoundAmongMuchWalAndNamesThatBeginAlike() throws IOException {
        Repository repository = Repository.create(store, Samples.CLOCK);
        for (String name : new String[] {"main", "main-2", "main.a", "main0", "mainz", "a", "Z", "z_"}) {
            for (long system : new long[] {12, 120, -1}) {
                repository.register(
                        new ClusterIdentity(
                                new ClusterName(name), new SystemIdentifier(system), WalSegmentSize.DEFAULT, 8192, 15),
                        Samples.CLOCK);
                store.putIfAbsent(
                        new ObjectKey(name + "/" + new SystemIdentifier(system) + "/wal/zzz"),
                        ObjectSource.of(new byte[0]));
            }
        }
        store.putIfAbsent(new ObjectKey("lost+found".replace('+', '_') + "/x"), ObjectSource.of(new byte[0]));

        assertThat(repository.clusters())
                .extracting(ClusterName::value)
                .containsExactlyInAnyOrder("main", "main-2", "main.a", "main0", "mainz", "a", "Z", "z_");
        assertThat(repository.incarnations(new ClusterName("main")))
                .extracting(each -> each.identity().system().toString())
                .containsExactly("12", "120", "18446744073709551615");
    }

    private static void assertFails(ExitCode expected, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(expected));
    }
}
