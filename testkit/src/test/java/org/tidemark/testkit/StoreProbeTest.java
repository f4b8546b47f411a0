// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.keys;

import java.io.InputStream;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreRemark;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.store.probe.Proof;
import org.tidemark.store.probe.Proof.Verdict;
import org.tidemark.store.probe.StoreProbe;

class StoreProbeTest {
    private final ObjectStore memory = new MemoryStore(Clock.systemUTC());

    @Test
    void aStoreThatKeepsEveryPromiseIsLeftAsItWas() throws StorageException {
        List<Proof> proofs = probe(memory);

        assertThat(proofs)
                .extracting(Proof::verdict)
                .as("%s", proofs)
                .containsOnly(Verdict.KEPT)
                .hasSizeGreaterThanOrEqualTo(9);
        assertThat(keys(memory, "")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "OVERWRITES, refuse, BROKEN",
        "ACKNOWLEDGES_WHAT_EXISTS, exclude, BROKEN",
        "CHANGES_BYTES, read, BROKEN",
        "LOSES_OBJECTS, read, BROKEN",
        "IGNORES_OFFSETS, range, BROKEN",
        "SAYS_EXISTS_OF_ALL, look up, BROKEN",
        "HAS_A_WRONG_CLOCK, clock, MISSING",
        "DELETES_NOTHING, delete, MISSING"
    })
    void eachDefectIsNamed(BrokenStore.Defect defect, String subject, Verdict verdict) {
        assertThat(probe(new BrokenStore(defect))).anySatisfy(proof -> {
            assertThat(proof.subject()).isEqualTo(subject);
            assertThat(proof.verdict()).isEqualTo(verdict);
            assertThat(proof.hint()).isNotBlank();
        });
    }

    @Test
    void credentialsThatMayNotDeleteAreUsableAndSaidToBeSo() {
        List<Proof> proofs = probe(new DelegatingStore(memory) {
            @Override
            public void delete(Collection<ObjectKey> keys) throws StorageException {
                throw new StorageDenied("no right to delete", null);
            }
        });

        assertThat(proofs).extracting(Proof::verdict).doesNotContain(Verdict.BROKEN, Verdict.UNKNOWN);
        assertThat(of(proofs, "delete").verdict()).isEqualTo(Verdict.MISSING);
        assertThat(of(proofs, "delete").hint()).contains("protects");
    }

    @Test
    void credentialsThatMayOnlyWriteAreToldWhatIsLost() {
        List<Proof> proofs = probe(new DelegatingStore(memory) {
            @Override
            public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                throw new StorageDenied("no right to read", null);
            }

            @Override
            public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
                throw new StorageDenied("no right to look", null);
            }

            @Override
            public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
                throw new StorageDenied("no right to list", null);
            }
        });

        for (String subject : List.of("read", "look up", "list")) {
            assertThat(of(proofs, subject).verdict()).as(subject).isEqualTo(Verdict.MISSING);
            assertThat(of(proofs, subject).hint()).as(subject).isNotBlank();
        }
        assertThat(of(proofs, "create").verdict()).isEqualTo(Verdict.KEPT);
    }

    /** To say that deleting is refused would be wrong: what is archived there is not protected. */
    @Test
    void credentialsThatMayDeleteAndNotLookAreNotSaidToProtect() throws StorageException {
        List<Proof> proofs = probe(new DelegatingStore(memory) {
            @Override
            public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
                throw new StorageDenied("no right to look", null);
            }
        });

        assertThat(of(proofs, "delete").verdict()).isEqualTo(Verdict.MISSING);
        assertThat(of(proofs, "delete").message()).contains("deleting is allowed", "no right to look");
        assertThat(of(proofs, "delete").hint()).doesNotContain("protects");
        assertThat(keys(memory, "")).isEmpty();
    }

    @Test
    void whatAStoreRemarksIsPassedOn() {
        List<Proof> proofs = probe(new DelegatingStore(memory) {
            @Override
            public List<StoreRemark> remarks() {
                return List.of(new StoreRemark("versions", "they are kept", "Let them go."));
            }
        });

        assertThat(proofs.getLast()).isEqualTo(new Proof("versions", Verdict.MISSING, "they are kept", "Let them go."));
    }

    @Test
    void aStoreThatCannotExcludeIsNotRacedAndSaysWhatFollows() {
        List<Proof> proofs = probe(new DelegatingStore(memory) {
            @Override
            public StoreTraits traits() {
                return new StoreTraits(ExclusiveCreate.CHECKED);
            }
        });

        assertThat(of(proofs, "exclude").verdict()).isEqualTo(Verdict.MISSING);
        assertThat(of(proofs, "exclude").hint()).contains("single-writer");
    }

    @Test
    void whereNothingCanBeWrittenNothingElseIsTried() {
        List<Proof> proofs = probe(new DelegatingStore(memory) {
            @Override
            public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                throw new StorageDenied("no right to write", null);
            }
        });

        assertThat(of(proofs, "create").verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(proofs).extracting(Proof::subject).doesNotContain("read", "list");
    }

    private static Proof of(List<Proof> proofs, String subject) {
        return proofs.stream()
                .filter(proof -> proof.subject().equals(subject))
                .findFirst()
                .orElseThrow();
    }

    private static List<Proof> probe(ObjectStore store) {
        return new StoreProbe(store, "check/test/", Clock.systemUTC(), Rounds.random()).run();
    }
}
