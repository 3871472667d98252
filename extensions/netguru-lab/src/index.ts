// The plugins of NetGuru in JupyterLab.

import chat from './lab/chat_plugin';

export default [chat];
