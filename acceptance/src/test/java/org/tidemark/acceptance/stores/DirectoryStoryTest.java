// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

class DirectoryStoryTest extends StoreStory {
    @Override
    protected StoreHost startHost() {
        return new DirectoryHost();
    }

    @Override
    protected boolean encrypted() {
        return true;
    }
}
