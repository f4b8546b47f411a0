// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.keys;

import java.io.InputStream;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.core.Finding;
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
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.store.selftest.SelfTestResult;
import org.tidemark.store.selftest.SelfTestResult.Verdict;
import org.tidemark.store.selftest.StoreSelfTest;

class StoreSelfTestTest {
    private final ObjectStore memory = new MemoryStore(Clock.systemUTC());

    @Test
    void aStoreThatKeepsEveryPromiseIsLeftAsItWas() throws StorageException {
        List<SelfTestResult> results = selfTest(memory);

        assertThat(results)
                .extracting(SelfTestResult::verdict)
                .as("%s", results)
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
        assertThat(selfTest(new BrokenStore(defect))).anySatisfy(result -> {
            assertThat(result.subject()).isEqualTo(subject);
            assertThat(result.verdict()).isEqualTo(verdict);
            assertThat(result.hint()).isNotBlank();
        });
    }

    @Test
    void credentialsThatMayNotDeleteAreUsableAndSaidToBeSo() {
        List<SelfTestResult> results = selfTest(new DelegatingStore(memory) {
            @Override
            public void delete(Collection<ObjectKey> keys) throws StorageException {
                throw new StorageDenied("no right to delete", null);
            }
        });

        assertThat(results).extracting(SelfTestResult::verdict).doesNotContain(Verdict.BROKEN, Verdict.UNKNOWN);
        assertThat(of(results, "delete").verdict()).isEqualTo(Verdict.MISSING);
        assertThat(of(results, "delete").hint()).contains("protects");
    }

    @Test
    void credentialsThatMayOnlyWriteAreToldWhatIsLost() {
        List<SelfTestResult> results = selfTest(new DelegatingStore(memory) {
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
            assertThat(of(results, subject).verdict()).as(subject).isEqualTo(Verdict.MISSING);
            assertThat(of(results, subject).hint()).as(subject).isNotBlank();
        }
        assertThat(of(results, "create").verdict()).isEqualTo(Verdict.KEPT);
    }

    /** To say that deleting is refused would be wrong: what is archived there is not protected. */
    @Test
    void credentialsThatMayDeleteAndNotLookAreNotSaidToProtect() throws StorageException {
        List<SelfTestResult> results = selfTest(new DelegatingStore(memory) {
            @Override
            public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
                throw new StorageDenied("no right to look", null);
            }
        });

        assertThat(of(results, "delete").verdict()).isEqualTo(Verdict.MISSING);
        assertThat(of(results, "delete").message()).contains("deleting is allowed", "no right to look");
        assertThat(of(results, "delete").hint()).doesNotContain("protects");
        assertThat(keys(memory, "")).isEmpty();
    }

    @Test
    void whatAStoreRemarksIsPassedOn() {
        List<SelfTestResult> results = selfTest(new DelegatingStore(memory) {
            @Override
            public List<Finding> remarks() {
                return List.of(Finding.warning("versions", "they are kept", "Let them go."));
            }
        });

        assertThat(results.getLast())
                .isEqualTo(new SelfTestResult("versions", Verdict.MISSING, "they are kept", "Let them go."));
    }

    @Test
    void aWriterThatIsDeniedWhatAnotherMayIsSaid() {
        Set<ObjectKey> stored = ConcurrentHashMap.newKeySet();
        List<SelfTestResult> results = selfTest(new DelegatingStore(memory) {
            @Override
            public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                if (!stored.add(key) && key.value().contains("object-1-")) {
                    throw new StorageDenied("it has two versions", null);
                }
                super.putIfAbsent(key, source);
            }
        });

        assertThat(of(results, "exclude").verdict()).isEqualTo(Verdict.MISSING);
        assertThat(of(results, "exclude").message()).contains("one was denied", "it has two versions");
        assertThat(of(results, "exclude").hint()).contains("Let a single host write here");
    }

    @Test
    void aStoreThatCannotExcludeIsNotRacedAndSaysWhatFollows() {
        List<SelfTestResult> results = selfTest(new DelegatingStore(memory) {
            @Override
            public StoreTraits traits() {
                return new StoreTraits(ExclusiveCreate.CHECKED);
            }
        });

        assertThat(of(results, "exclude").verdict()).isEqualTo(Verdict.MISSING);
        assertThat(of(results, "exclude").hint()).contains("single-writer");
    }

    @Test
    void whereNothingCanBeWrittenNothingElseIsTried() {
        List<SelfTestResult> results = selfTest(new DelegatingStore(memory) {
            @Override
            public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                throw new StorageDenied("no right to write", null);
            }
        });

        assertThat(of(results, "create").verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(results).extracting(SelfTestResult::subject).doesNotContain("read", "list");
    }

    private static SelfTestResult of(List<SelfTestResult> results, String subject) {
        return results.stream()
                .filter(result -> result.subject().equals(subject))
                .findFirst()
                .orElseThrow();
    }

    private static List<SelfTestResult> selfTest(ObjectStore store) {
        return new StoreSelfTest(store, "check/test/", Clock.systemUTC(), Rounds.random()).run();
    }
}
