// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import com.jcraft.jsch.Identity;
import com.jcraft.jsch.IdentityRepository;
import java.util.List;
import java.util.Vector;

/**
 * The keys of one login, in their order. jsch's own way to have an agent's keys and those of files together gives the
 * files' keys to the agent, which nobody asked for. Immutable.
 */
final class OfferedKeys implements IdentityRepository {
    private final List<Identity> keys;

    OfferedKeys(List<Identity> keys) {
        this.keys = List.copyOf(keys);
    }

    @Override
    public String getName() {
        return "the keys of one login";
    }

    @Override
    public int getStatus() {
        return RUNNING;
    }

    @Override
    @SuppressWarnings("JdkObsolete") // jsch's interface.
    public Vector<Identity> getIdentities() {
        return new Vector<>(keys);
    }

    @Override
    public boolean add(byte[] identity) {
        return false;
    }

    @Override
    public boolean remove(byte[] blob) {
        return false;
    }

    @Override
    public void removeAll() {
        // Nothing is kept beyond the login.
    }
}
