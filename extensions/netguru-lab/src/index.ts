// The plugins of NetGuru in JupyterLab.

import chat from './lab/chat_plugin';
import files from './lab/files_plugin';

export default [chat, files];
